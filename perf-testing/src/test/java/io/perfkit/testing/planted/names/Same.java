package io.perfkit.testing.planted.names;

public interface Same {}
