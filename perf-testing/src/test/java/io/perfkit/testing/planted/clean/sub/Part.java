package io.perfkit.testing.planted.clean.sub;

public final class Part {}
