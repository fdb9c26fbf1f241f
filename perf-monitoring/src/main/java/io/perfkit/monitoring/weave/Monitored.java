package io.perfkit.monitoring.weave;

import io.perfkit.weave.ClaimedBy;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Times each call of the method by its {@link Outcome}: {@code @Monitored(name = "orders.place",
 * slow = "200ms")}. A method that returns a stage is timed until the stage completes. Calls that a
 * rate limit refuses or a cache answers count too. Implemented by a {@link MonitoredAspect}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@ClaimedBy("MonitoredAspect.create(registry)")
@Target(ElementType.METHOD)
public @interface Monitored {

  /**
   * The name of the timer, whose tags are {@code class}, {@code method}, {@code outcome} and {@link
   * #tags}.
   */
  String name() default MonitoredAspect.CALLS;

  /**
   * From which duration a call is slow, as a number and {@code ms}, {@code s}, {@code m}, {@code h}
   * or {@code d}: the aspect keeps the last of the slow calls. Empty: none is slow.
   */
  String slow() default "";

  /** More tags, as key, value, key, value. All methods of one name have the same keys. */
  String[] tags() default {};
}
