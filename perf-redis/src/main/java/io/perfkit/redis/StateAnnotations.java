package io.perfkit.redis;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonIncludeProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.OptBoolean;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.jsontype.NamedType;

/**
 * Reads Jackson's annotations for values that are kept, not shown: what hides a property from the
 * JSON of an API, or shortens it there, does not take it out of a cache. A sealed type without type
 * information gets the names of its permitted classes, and no others. Immutable.
 */
final class StateAnnotations extends JacksonAnnotationIntrospector {
  private static final long serialVersionUID = 1;
  private static final String TYPE_PROPERTY = "@type";

  @Override
  public boolean hasIgnoreMarker(MapperConfig<?> config, AnnotatedMember member) {
    return false;
  }

  @Override
  public @Nullable Boolean isIgnorableType(MapperConfig<?> config, AnnotatedClass type) {
    return null;
  }

  @Override
  public JsonIgnoreProperties.Value findPropertyIgnoralByName(
      MapperConfig<?> config, Annotated annotated) {
    return JsonIgnoreProperties.Value.empty();
  }

  @Override
  public JsonIncludeProperties.Value findPropertyInclusionByName(
      MapperConfig<?> config, Annotated annotated) {
    return JsonIncludeProperties.Value.all();
  }

  @Override
  public JsonProperty.@Nullable Access findPropertyAccess(
      MapperConfig<?> config, Annotated annotated) {
    return null;
  }

  @Override
  public JsonInclude.Value findPropertyInclusion(MapperConfig<?> config, Annotated annotated) {
    return JsonInclude.Value.empty();
  }

  @Override
  public @Nullable Object findFilterId(MapperConfig<?> config, Annotated annotated) {
    return null;
  }

  @Override
  public JsonFormat.Value findFormat(MapperConfig<?> config, Annotated annotated) {
    return JsonFormat.Value.empty();
  }

  /**
   * Carries what a sealed root says: the factory of such values differs between Jackson's versions.
   */
  @JsonTypeInfo(
      use = JsonTypeInfo.Id.NAME,
      property = TYPE_PROPERTY,
      requireTypeIdForSubtypes = OptBoolean.FALSE)
  private static final class SealedRoot {}

  @Override
  public JsonTypeInfo.@Nullable Value findPolymorphicTypeInfo(
      MapperConfig<?> config, Annotated annotated) {
    JsonTypeInfo.Value given = super.findPolymorphicTypeInfo(config, annotated);
    return given == null && isSealedRoot(annotated)
        ? JsonTypeInfo.Value.from(SealedRoot.class.getAnnotation(JsonTypeInfo.class))
        : given;
  }

  @Override
  public @Nullable List<NamedType> findSubtypes(MapperConfig<?> config, Annotated annotated) {
    if (super.findPolymorphicTypeInfo(config, annotated) != null || !isSealedRoot(annotated)) {
      return super.findSubtypes(config, annotated);
    }
    Class<?> root = annotated.getRawType();
    List<NamedType> names = new ArrayList<>();
    addPermitted(root, root.getPackageName() + ".", names);
    return names;
  }

  /**
   * An enum whose constants have bodies is sealed too, and so are addresses in newer JDKs: these
   * have forms of their own.
   */
  private static boolean isSealedRoot(Annotated annotated) {
    Class<?> type = annotated.getRawType();
    return annotated instanceof AnnotatedClass
        && type.isSealed()
        && !type.isEnum()
        && !ClassSchema.isJdk(type);
  }

  /** All classes below a sealed one, by their names within its package. */
  private static void addPermitted(Class<?> type, String prefix, List<NamedType> names) {
    for (Class<?> permitted : type.getPermittedSubclasses()) {
      String name = permitted.getName();
      names.add(
          new NamedType(
              permitted, name.startsWith(prefix) ? name.substring(prefix.length()) : name));
      if (permitted.isSealed()) {
        addPermitted(permitted, prefix, names);
      }
    }
  }
}
