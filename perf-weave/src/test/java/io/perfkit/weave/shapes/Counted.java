package io.perfkit.weave.shapes;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** The method's calls are counted. */
@Retention(RetentionPolicy.RUNTIME)
public @interface Counted {}
