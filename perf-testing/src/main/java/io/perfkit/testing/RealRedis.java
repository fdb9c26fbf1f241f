package io.perfkit.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Injects a {@link TestRedis} into the constructor and the methods of a test class; its nested
 * classes get the same one.
 *
 * <p>The server is the one at the environment variable {@code PERF_TEST_REDIS_URL}, else an
 * embedded one that lives until the end of the test run. If there is none, the test fails.
 */
@Documented
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RealRedisExtension.class)
public @interface RealRedis {}
