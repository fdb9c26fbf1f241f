package io.perfkit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class RedisScriptTest {
  @Test
  void loadsAResourceBesideItsOwner() {
    assertThat(RedisScript.load(RedisScriptTest.class, "add.lua")).hasToString("add.lua");
    assertThatThrownBy(() -> RedisScript.load(RedisScriptTest.class, "none.lua"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name: 'none.lua' (expected: a resource in io.perfkit.redis)");
  }
}
