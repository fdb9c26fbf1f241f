package io.perfkit.testing.planted.names.other;

public interface Same {}
