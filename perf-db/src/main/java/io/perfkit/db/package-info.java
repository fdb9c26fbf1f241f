/** The root of what goes wrong in this module; each of its parts is a package below this one. */
@NullMarked
package io.perfkit.db;

import org.jspecify.annotations.NullMarked;
