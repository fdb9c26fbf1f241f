package io.perfkit.weave.shapes;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** The method's results are kept by its argument. */
@Retention(RetentionPolicy.RUNTIME)
public @interface Kept {}
