package io.perfkit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** The codecs of docs/guide/cache.md, run. */
final class CodecGuideTest {
  record Profile(long id, String name) {}

  @Test
  void theGuidesCodecsKeepAProfile() {
    JsonMapper mapper = JsonMapper.builder().build();
    Profile ada = new Profile(1, "Ada");

    Codec<Profile> codec = JacksonCodec.of(mapper, Profile.class); // with its modules and mixins
    Codec<List<Profile>> lists = Codec.listOf(Profile.class);
    Codec<Map<Long, Profile>> byId = Codec.mapOf(Long.class, Profile.class);

    assertThat(codec.decode(codec.encode(ada))).isEqualTo(ada);
    assertThat(lists.decode(lists.encode(List.of(ada)))).containsExactly(ada);
    assertThat(byId.decode(byId.encode(Map.of(1L, ada)))).containsEntry(1L, ada);
  }
}
