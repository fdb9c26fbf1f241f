package io.perfkit.redis;

import com.fasterxml.jackson.annotation.JsonKey;
import com.fasterxml.jackson.annotation.JsonValue;
import java.io.Serializable;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Modifier;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TimeZone;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.PropertyName;
import tools.jackson.databind.SerializationConfig;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.deser.BeanDeserializerBuilder;
import tools.jackson.databind.deser.ValueDeserializerModifier;
import tools.jackson.databind.deser.ValueInstantiator;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsonFormatVisitors.JsonFormatVisitorWrapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.BeanPropertyWriter;
import tools.jackson.databind.ser.ValueSerializerModifier;

/**
 * Inspects a type before its first value: whether a mapper can read what it writes of the class and
 * of all that its properties name. One thread at a time.
 */
final class JsonShape {
  /** Types of the JDK that say no class, and yet are read as what was written. */
  private static final Set<Class<?>> OPEN_BUT_READ =
      Set.of(
          CharSequence.class,
          Iterable.class,
          Map.Entry.class,
          Path.class,
          ZoneId.class,
          TimeZone.class,
          Charset.class);

  private final JsonMapper mapper;
  private final boolean takesOpenTypes;
  private final boolean ignoresUnknown;
  private final Map<JavaType, List<BeanPropertyWriter>> written = new HashMap<>();
  private final Map<JavaType, BeanDeserializerBuilder> read = new HashMap<>();
  private final Set<JavaType> seen = new HashSet<>();

  private JsonShape(JsonMapper mapper, boolean takesOpenTypes) {
    this.takesOpenTypes = takesOpenTypes;
    SimpleModule recorder =
        new SimpleModule("perfkit-json-shape")
            .setSerializerModifier(new WriterRecorder(written))
            .setDeserializerModifier(new ReaderRecorder(read));
    this.mapper = mapper.rebuild().addModule(recorder).build();
    this.ignoresUnknown = !mapper.isEnabled(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
  }

  /**
   * What can't come back, as {@code path: reason (expected: ..)}, or null.
   *
   * @param takesOpenTypes whether the mapper may know more of an interface than its annotations say
   */
  static @Nullable String objection(JsonMapper mapper, JavaType type, boolean takesOpenTypes) {
    return new JsonShape(mapper, takesOpenTypes).objection(type, simpleName(type.getRawClass()));
  }

  private @Nullable String objection(JavaType type, String path) {
    if (!seen.add(type)) {
      return null;
    }
    Class<?> raw = type.getRawClass();
    Class<?> key = keyType(type);
    if (key != null && !isKey(key)) {
      return path
          + ": "
          + key.getTypeName()
          + " as key of a map (expected: a string, a number, an enum or another type of the JDK"
          + " with one text)";
    }
    for (int i = 0; i < type.containedTypeCount(); i++) {
      String objection = objection(type.containedType(i), path + "[]");
      if (objection != null) {
        return objection;
      }
    }
    if (type.isArrayType()) {
      return objection(type.getContentType(), path + "[]");
    }
    boolean container = type.isContainerType() || type.isReferenceType();
    if (!isHolder(raw) && (container || type.isPrimitive() || raw.isEnum() || readsByItself(raw))) {
      return null;
    }
    List<Class<?>> subtypes = ClassSchema.subtypes(raw);
    for (Class<?> subtype : subtypes) {
      String objection =
          objection(mapper.getTypeFactory().constructSpecializedType(type, subtype), path);
      if (objection != null) {
        return objection;
      }
    }
    if (isOpen(raw)) {
      return subtypes.isEmpty() && !takesOpenTypes
          ? path
              + ": "
              + raw.getTypeName()
              + " does not say which class to build (expected: a record, an enum, a class that is"
              + " not abstract, a sealed type, or one with @JsonTypeInfo and @JsonSubTypes)"
          : null;
    }
    if (Throwable.class.isAssignableFrom(raw) || isHolder(raw)) {
      return path
          + ": "
          + raw.getTypeName()
          + " would come back as another object (expected: a type with equals, such as the value"
          + " that it holds)";
    }
    return ClassSchema.isJdk(raw) ? null : objectionToClass(type, path);
  }

  private @Nullable String objectionToClass(JavaType type, String path) {
    String name = path + ": " + type.getRawClass().getTypeName();
    try {
      mapper.acceptJsonFormatVisitor(type, new JsonFormatVisitorWrapper.Base());
      List<BeanPropertyWriter> properties = written.getOrDefault(type, List.of());
      for (BeanPropertyWriter property : properties) {
        String objection = objection(property.getType(), path + "." + property.getName());
        if (objection != null) {
          return objection;
        }
      }
      mapper.readerFor(type).readValue("null"); // makes its reader
      BeanDeserializerBuilder reader = read.get(type);
      return reader == null ? null : objectionToReader(reader, properties, name, path);
    } catch (JacksonException e) {
      return name + ": " + e.getOriginalMessage();
    } catch (IllegalArgumentException e) {
      return name + ": " + e.getMessage();
    }
  }

  private @Nullable String objectionToReader(
      BeanDeserializerBuilder reader,
      List<BeanPropertyWriter> properties,
      String name,
      String path) {
    if (!isCreated(reader.getValueInstantiator())) {
      return name
          + " has no way to be built (expected: a record, a constructor without parameters, one"
          + " with @JsonCreator, or a class compiled with -parameters; for a Kotlin class give a"
          + " mapper with its module by JacksonCodec)";
    }
    for (BeanPropertyWriter property : properties) {
      if (!ignoresUnknown && !reads(reader, property)) {
        return path
            + "."
            + property.getName()
            + " is written and has nothing that reads it (expected: a field that is not final, or"
            + " a parameter of the constructor)";
      }
    }
    return null;
  }

  private static boolean isCreated(ValueInstantiator creator) {
    return creator.canCreateUsingDefault()
        || creator.canCreateFromObjectWith()
        || creator.canCreateUsingDelegate()
        || creator.canCreateUsingArrayDelegate();
  }

  private static boolean reads(BeanDeserializerBuilder reader, BeanPropertyWriter property) {
    return property.isUnwrapping()
        || reader.getAnySetter() != null
        || reader.getObjectIdReader() != null
        || reader.hasProperty(new PropertyName(property.getName()));
  }

  /** Whether the class has a text or a reader of its own; then the first value shows it. */
  private static boolean readsByItself(Class<?> raw) {
    return raw.isAnnotationPresent(JsonDeserialize.class) || has(raw, JsonValue.class);
  }

  private static @Nullable Class<?> keyType(JavaType type) {
    if (type.isMapLikeType()) {
      return type.getKeyType().getRawClass();
    }
    boolean isEntry = type.isTypeOrSubTypeOf(Map.Entry.class) && type.containedTypeCount() > 0;
    return isEntry ? type.containedType(0).getRawClass() : null;
  }

  private static boolean isKey(Class<?> raw) {
    return raw.isEnum()
        || (ClassSchema.isJdk(raw) && raw != Object.class && raw != Number.class)
        || has(raw, JsonKey.class)
        || has(raw, JsonValue.class);
  }

  private static boolean has(
      Class<?> raw, Class<? extends java.lang.annotation.Annotation> annotation) {
    return Stream.<AnnotatedElement>concat(
            Arrays.stream(raw.getDeclaredMethods()), Arrays.stream(raw.getDeclaredFields()))
        .anyMatch(member -> member.isAnnotationPresent(annotation));
  }

  private static boolean isOpen(Class<?> raw) {
    return raw == Object.class
        || raw == Serializable.class
        || (Modifier.isAbstract(raw.getModifiers()) && !OPEN_BUT_READ.contains(raw));
  }

  private static boolean isHolder(Class<?> raw) {
    return raw.getPackageName().equals("java.util.concurrent.atomic");
  }

  private static String simpleName(Class<?> raw) {
    return raw.getSimpleName().isEmpty() ? raw.getTypeName() : raw.getSimpleName();
  }

  private static final class WriterRecorder extends ValueSerializerModifier {
    private static final long serialVersionUID = 1;
    private final transient Map<JavaType, List<BeanPropertyWriter>> written;

    WriterRecorder(Map<JavaType, List<BeanPropertyWriter>> written) {
      this.written = written;
    }

    @Override
    public List<BeanPropertyWriter> changeProperties(
        SerializationConfig config,
        BeanDescription.Supplier bean,
        List<BeanPropertyWriter> properties) {
      written.put(bean.getType(), List.copyOf(properties));
      return properties;
    }
  }

  private static final class ReaderRecorder extends ValueDeserializerModifier {
    private static final long serialVersionUID = 1;
    private final transient Map<JavaType, BeanDeserializerBuilder> read;

    ReaderRecorder(Map<JavaType, BeanDeserializerBuilder> read) {
      this.read = read;
    }

    @Override
    public BeanDeserializerBuilder updateBuilder(
        DeserializationConfig config,
        BeanDescription.Supplier bean,
        BeanDeserializerBuilder builder) {
      read.put(bean.getType(), builder);
      return builder;
    }
  }
}
