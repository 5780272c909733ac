package io.mandate.election.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RendezvousTest {
    /** FNV-1a of 64 bits, as its authors publish. */
    @Test
    void namesAreHashedAsPublished() {
        assertThat(Rendezvous.ofName("")).isEqualTo(0xcbf29ce484222325L);
        assertThat(Rendezvous.ofName("a")).isEqualTo(0xaf63dc4c8601ec8cL);
        assertThat(Rendezvous.ofName("foobar")).isEqualTo(0x85944171f73967e8L);
    }

    @Test
    void theLogarithmIsNearAndNeverNegative() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 100_000; i++) {
            long bits = random.nextLong() >>> random.nextInt(40);
            double unsigned = (bits >>> 1) * 2.0 + 1;
            assertThat(Rendezvous.minusLogarithm(bits))
                    .isNotNegative()
                    .isCloseTo(64 - Math.log(unsigned) / Math.log(2), within(3e-6));
        }
        assertThat(Rendezvous.minusLogarithm(-1)).isBetween(0.0, 1e-12);
        assertThat(Rendezvous.minusLogarithm(0)).isEqualTo(64);
    }

    @Test
    void aMemberIsFirstAsOftenAsItsWeightSays() {
        Rendezvous rendezvous = Rendezvous.of(new String[] {"a", "b", "c"}, new int[] {1, 3, 6});
        int[] first = new int[3];
        for (int partition = 0; partition < 100_000; partition++) {
            long ofPartition = Rendezvous.ofPartition(partition);
            int nearest = 0;
            for (int i = 1; i < 3; i++) {
                if (rendezvous.distance(ofPartition, i) < rendezvous.distance(ofPartition, nearest)) {
                    nearest = i;
                }
            }
            first[nearest]++;
        }
        assertThat(first[0]).isBetween(9_500, 10_500);
        assertThat(first[1]).isBetween(29_000, 31_000);
        assertThat(first[2]).isBetween(59_000, 61_000);
    }
}
