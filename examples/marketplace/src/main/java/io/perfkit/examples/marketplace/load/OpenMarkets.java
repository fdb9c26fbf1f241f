package io.perfkit.examples.marketplace.load;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks a host which markets may be bet on. */
final class OpenMarkets {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private OpenMarkets() {}

  /** The ids, in the order of the market's list. */
  static List<Long> of(HttpTarget host) throws IOException, InterruptedException {
    List<Long> ids = new ArrayList<>();
    int before;
    int page = 0;
    do {
      before = ids.size();
      String body = host.exchange(Call.get("/markets?size=50&page=" + page)).body();
      for (JsonNode market : JSON.readTree(body).path("markets")) {
        ids.add(market.path("id").longValue());
      }
      page++;
    } while (ids.size() > before);
    return ids;
  }
}
