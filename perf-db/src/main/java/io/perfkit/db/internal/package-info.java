/**
 * Shared by the packages of this module: the SQL lexer, the classes of SQLSTATEs, and JDBC
 * wrappers. Not for hosts: it may change in any version, and no public signature names it.
 */
@NullMarked
package io.perfkit.db.internal;

import org.jspecify.annotations.NullMarked;
