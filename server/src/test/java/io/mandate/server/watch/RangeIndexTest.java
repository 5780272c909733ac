package io.mandate.server.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.KeyRange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RangeIndexTest {
    private record Entry(KeyRange keys, int value) {}

    @Test
    void findsExactlyTheRangesThatALinearScanFinds() {
        for (long seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            RangeIndex<Integer> index = new RangeIndex<>();
            List<Entry> model = new ArrayList<>();
            for (int step = 0; step < 4_000; step++) {
                // Grows to hundreds, then shrinks to nothing.
                boolean grow = step < 2_000 ? random.nextInt(4) > 0 : random.nextInt(4) == 0;
                if (grow) {
                    Entry entry = new Entry(randomRange(random), step);
                    if (index.get(entry.keys) == null) {
                        model.add(entry);
                        index.add(entry.keys, entry.value);
                    }
                } else if (!model.isEmpty()) {
                    Entry removed = model.remove(random.nextInt(model.size()));
                    assertThat(index.get(removed.keys)).isEqualTo(removed.value);
                    index.remove(removed.keys);
                }
                if (step % 8 == 0) {
                    Bytes key = randomKey(random);
                    List<Integer> found = new ArrayList<>();
                    index.forEachContaining(key, found::add);
                    List<Integer> expected = model.stream()
                            .filter(entry -> entry.keys.contains(key))
                            .map(Entry::value)
                            .toList();
                    assertThat(found)
                            .as("seed %d step %d key %s", seed, step, key)
                            .containsExactlyInAnyOrderElementsOf(expected);
                }
            }
            Set<Integer> all = new HashSet<>();
            index.forEach(all::add);
            assertThat(all)
                    .as("seed %d", seed)
                    .containsExactlyInAnyOrderElementsOf(
                            model.stream().map(Entry::value).toList());
        }
    }

    @Test
    void tenThousandDistinctRangesAreSearchedNotScanned() {
        Random random = new Random(3);
        RangeIndex<KeyRange> index = new RangeIndex<>();
        Set<KeyRange> model = new HashSet<>();
        while (model.size() < 10_000) {
            Bytes key = Bytes.utf8(String.format("%08d", random.nextInt(100_000_000)));
            KeyRange range = random.nextInt(100) == 0
                    ? new KeyRange(key, Bytes.utf8(String.format("%08d", random.nextInt(100_000_000))))
                    : KeyRange.prefix(key);
            if (model.add(range)) {
                index.add(range, range);
            }
        }
        for (int i = 0; i < 300; i++) {
            Bytes key = Bytes.utf8(String.format("%08d/%d", random.nextInt(100_000_000), i));
            List<KeyRange> found = new ArrayList<>();
            index.forEachContaining(key, found::add);
            assertThat(found)
                    .containsExactlyInAnyOrderElementsOf(
                            model.stream().filter(range -> range.contains(key)).toList());
        }
        assertThat(index.height())
                .as("the expected height is about 2.5 log2(n)")
                .isLessThan(60);
    }

    @Test
    void removingAnUnknownRangeHasNoEffect() {
        RangeIndex<String> index = new RangeIndex<>();
        KeyRange keys = KeyRange.prefix(Bytes.utf8("a"));
        index.add(keys, "one");
        index.remove(KeyRange.prefix(Bytes.utf8("ab")));
        index.remove(KeyRange.single(Bytes.utf8("a")));
        List<String> found = new ArrayList<>();
        index.forEachContaining(Bytes.utf8("a"), found::add);
        assertThat(found).containsExactly("one");
    }

    private static KeyRange randomRange(Random random) {
        Bytes key = randomKey(random);
        return switch (random.nextInt(6)) {
            case 0 -> KeyRange.single(key);
            case 1 -> new KeyRange(key, Bytes.ZERO);
            case 2 -> KeyRange.prefix(key);
            case 3 -> KeyRange.ALL;
            default -> new KeyRange(key, randomKey(random)); // may be empty
        };
    }

    private static Bytes randomKey(Random random) {
        byte[] key = new byte[1 + random.nextInt(3)];
        for (int i = 0; i < key.length; i++) {
            key[i] = (byte) (random.nextInt(8) * 36);
        }
        return Bytes.owning(key);
    }
}
