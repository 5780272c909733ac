package io.mandate.election.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PartitionHashTest {
    private static int murmur(String key) {
        return PartitionHash.murmur(key.getBytes(StandardCharsets.UTF_8));
    }

    /** As published with other implementations of MurmurHash3_x86_32, seed 0. */
    @Test
    void itIsTheHashThatOtherLanguagesHave() {
        assertThat(murmur("")).isZero();
        assertThat(murmur("test")).isEqualTo(0xba6bd213);
        assertThat(murmur("Hello, world!")).isEqualTo(0xc0363e43);
        assertThat(murmur("hello")).isEqualTo(0x248bfa47);
        assertThat(murmur("hello, world")).isEqualTo(0x149bbb7f);
        assertThat(murmur("The quick brown fox jumps over the lazy dog")).isEqualTo(0x2e4ff723);
    }

    @Test
    void keysAreSpreadEvenlyAlsoOverCountsThatAreNoPowerOfTwo() {
        for (int partitions : new int[] {1, 7, 60, 256, 1_000}) {
            int[] counts = new int[partitions];
            int keys = 1_000 * partitions;
            for (int i = 0; i < keys; i++) {
                counts[PartitionHash.partitionOf("order-" + i, partitions)]++;
            }
            assertThat(Arrays.stream(counts).min().orElseThrow()).isGreaterThan(800);
            assertThat(Arrays.stream(counts).max().orElseThrow()).isLessThan(1_200);
        }
    }

    @Test
    void aNumberOfPartitionsOutOfItsBoundsIsRefused() {
        assertThatThrownBy(() -> PartitionHash.partitionOf("key", 0)).hasMessageContaining("between 1 and 16384");
    }
}
