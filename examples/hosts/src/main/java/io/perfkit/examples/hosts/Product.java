package io.perfkit.examples.hosts;

/** A row of the products' table. */
record Product(long id, String name) {}
