package io.mandate.verify.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which rule was the first to be broken in each of many seeds, by the name that its message begins with. */
final class Convictions {
    private final Map<String, Integer> seedsByRule = new TreeMap<>();
    private final int seeds;

    Convictions(List<? extends @Nullable Object> broken) {
        this.seeds = broken.size();
        broken.forEach(message -> seedsByRule.merge(rule(message), 1, Integer::sum));
    }

    private static String rule(@Nullable Object message) {
        return message == null
                ? "nothing"
                : message.toString().replaceFirst("^at \\d+ ms: ", "").replaceFirst(":.*", "");
    }

    /** In some seeds the rule tells, in the others nothing does. */
    void assertOnly(String mistake, String rule, int seedsMin) {
        System.out.printf("%s, first broken in %,d seeds: %s%n", mistake, seeds, seedsByRule);
        assertThat(seedsByRule.keySet()).as(mistake).isSubsetOf(rule, "nothing");
        assertThat(seedsByRule.getOrDefault(rule, 0))
                .as("%s, of %d seeds", mistake, seeds)
                .isGreaterThanOrEqualTo(seedsMin);
    }
}
