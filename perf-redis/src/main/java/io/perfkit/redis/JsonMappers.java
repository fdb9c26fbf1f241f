package io.perfkit.redis;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The mappers of {@link JsonCodec}, one for each codec: a mapper caches what it knows of a class,
 * and so retains the class loader.
 */
final class JsonMappers {
  /** Levels of a value; each takes some stack, so an endless one is refused before it overflows. */
  private static final int MAX_DEPTH = 1_000;

  private static final int MAX_NUMBER_CHARS = 100_000;

  private JsonMappers() {}

  /** Takes the fields of a value, which are its state. */
  static JsonMapper ofFields() {
    return builder()
        .changeDefaultVisibility(
            visible ->
                visible
                    .withFieldVisibility(Visibility.ANY)
                    .withGetterVisibility(Visibility.NONE)
                    .withIsGetterVisibility(Visibility.NONE)
                    .withSetterVisibility(Visibility.NONE))
        .build();
  }

  /** Takes getters, setters and public fields, for a class whose constructor names them so. */
  static JsonMapper ofGetters() {
    return builder().build();
  }

  private static JsonMapper.Builder builder() {
    JsonFactory json =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(MAX_NUMBER_CHARS)
                    .maxStringLength(Integer.MAX_VALUE) // maxBytes of the format bounds it
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .streamWriteConstraints(
                StreamWriteConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build();
    JsonMapper.Builder builder =
        JsonMapper.builder(json)
            .annotationIntrospector(new StateAnnotations())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(EnumFeature.WRITE_ENUMS_USING_TO_STRING) // two constants may have one text
            .disable(EnumFeature.READ_ENUMS_USING_TO_STRING)
            .disable(DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE) // offsets and zones survive
            .enable(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID)
            .addModule(Patterns.module());
    if (ModuleLayer.boot().findModule("java.sql").isPresent()) {
      builder.addModule(SqlTimestamps.module());
    }
    return builder;
  }
}
