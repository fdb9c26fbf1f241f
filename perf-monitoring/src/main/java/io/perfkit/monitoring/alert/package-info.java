/**
 * Alerts on the meters of a registry, evaluated in this process: {@link
 * io.perfkit.monitoring.alert.Alerts} is the entry point, {@link
 * io.perfkit.monitoring.alert.AlertRule} one rule, {@link io.perfkit.monitoring.alert.AlertPack}
 * the rules that are shipped. Thread safe; state lives in the process, and in a file if one is
 * given.
 */
@NullMarked
package io.perfkit.monitoring.alert;

import org.jspecify.annotations.NullMarked;
