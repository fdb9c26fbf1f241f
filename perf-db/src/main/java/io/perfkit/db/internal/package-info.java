/**
 * What the packages of this module share: the lexer of SQL, what a SQLSTATE means, and JDBC objects
 * that forward. Not for hosts: it may change in any version, and no public signature names it.
 */
@NullMarked
package io.perfkit.db.internal;

import org.jspecify.annotations.NullMarked;
