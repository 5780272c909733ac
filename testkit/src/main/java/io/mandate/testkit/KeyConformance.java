package io.mandate.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is promised of keys that have no lease. */
abstract class KeyConformance extends ConformanceConnections {
    private static final int WRITERS = 4;
    private static final int INCREMENTS_PER_WRITER = 25;

    @Test
    void aKeyThatWasNeverWrittenIsEmpty() {
        assertThat(get(store.read(prefix + "k"))).isEmpty();
        assertThat(get(store.list(prefix, LeaseStore.LIST_MAX))).isEmpty();
    }

    @Test
    void whatIsWrittenIsReadOnEveryConnection() {
        Entry entry = written(get(store.compareAndSet(prefix + "k", 0, "Grüße, 世界", 0)));

        assertThat(entry.key()).isEqualTo(prefix + "k");
        assertThat(entry.value()).isEqualTo("Grüße, 世界");
        assertThat(entry.version()).isPositive();
        assertThat(entry.creation()).isPositive();
        assertThat(entry.leaseId()).isZero();
        assertThat(get(other.read(entry.key()))).contains(entry);
        assertThat(get(other.list(prefix, LeaseStore.LIST_MAX))).containsExactly(entry);
    }

    @Test
    void aWriteIsSeenByEveryReadThatBeginsAfterItsAnswer() {
        Entry entry = create("k");
        for (int i = 0; i < 50; i++) {
            entry = replace(entry, "value " + i, 0);
            assertThat(get(other.read(entry.key()))).contains(entry);
            assertThat(get(other.list(entry.key(), 1))).containsExactly(entry);
        }
    }

    @Test
    void aValueMayBeEmptyAndAsLongAsTheLimit() {
        String longest = "x".repeat(LeaseStore.VALUE_BYTES_MAX);
        Entry entry = written(get(store.compareAndSet(prefix + "k", 0, "", 0)));
        assertThat(get(store.read(entry.key())).map(Entry::value)).contains("");

        assertThat(get(store.read(replace(entry, longest, 0).key())).map(Entry::value))
                .contains(longest);
    }

    @Test
    void aKeyMayBeAsLongAsTheLimit() {
        String name = "k".repeat(LeaseStore.KEY_BYTES_MAX - prefix.length());

        assertThat(get(other.read(create(name).key()))).isPresent();
    }

    @Test
    void everyWriteOfAKeyHasAnotherVersionAlsoAfterADelete() {
        Set<Long> versions = new HashSet<>();
        int writes = 0;
        for (int life = 0; life < 3; life++) {
            Entry entry = create("k");
            versions.add(entry.version());
            for (int i = 0; i < 3; i++) {
                entry = replace(entry, "the same value", 0);
                versions.add(entry.version());
            }
            writes += 4;
            assertThat(get(store.delete(entry.key(), entry.creation()))).isTrue();
        }

        assertThat(versions).hasSize(writes);
    }

    @Test
    void aReplacedKeyKeepsItsCreation() {
        Entry created = create("k");
        Entry replaced = replace(created, "new", 0);

        assertThat(replaced.creation()).isEqualTo(created.creation());
        assertThat(replaced.version()).isNotEqualTo(created.version());
        assertThat(get(other.read(created.key()))).contains(replaced);
    }

    @Test
    void aKeyThatComesLaterHasALargerCreation() {
        long last = 0;
        for (String name : List.of("e/m", "e/a", "e/z")) {
            long creation = create(name).creation();
            assertThat(creation).isGreaterThan(last);
            last = creation;
        }
    }

    @Test
    void creationsGrowAlsoWhenAllKeysBeforeHaveBeenDeleted() {
        long last = 0;
        for (String name : List.of("e/a", "e/b", "e/a", "e/a")) {
            Entry entry = create(name);
            assertThat(entry.creation()).isGreaterThan(last);
            last = entry.creation();
            assertThat(get(store.delete(entry.key(), entry.creation()))).isTrue();
        }
    }

    @Test
    void aKeyThatIsThereIsNotCreatedAgain() {
        Entry present = create("k");

        assertThat(get(other.compareAndSet(present.key(), 0, "mine", 0))).isEqualTo(new CasResult.Refused(present));
        assertThat(get(store.read(present.key()))).contains(present);
    }

    @Test
    void aWriteAtAnOldVersionIsRefusedWithWhatIsThere() {
        Entry old = create("k");
        Entry present = replace(old, "new", 0);

        assertThat(get(other.compareAndSet(old.key(), old.version(), "mine", 0)))
                .isEqualTo(new CasResult.Refused(present));
        assertThat(get(store.read(present.key()))).contains(present);
    }

    @Test
    void aWriteAtAVersionOfAKeyThatIsGoneIsRefused() {
        Entry gone = create("k");
        get(store.delete(gone.key(), gone.creation()));

        assertThat(get(other.compareAndSet(gone.key(), gone.version(), "mine", 0)))
                .isEqualTo(new CasResult.Refused(null));
        assertThat(get(store.read(gone.key()))).isEmpty();

        Entry anew = create("k");
        assertThat(get(other.compareAndSet(gone.key(), gone.version(), "mine", 0)))
                .isEqualTo(new CasResult.Refused(anew));
    }

    @Test
    void aDeleteTakesTheKeyThatWasCreatedSoAndNoLaterOne() {
        Entry first = create("k");
        assertThat(get(other.delete(first.key(), first.creation() + 1))).isFalse();
        assertThat(isThere("k")).isTrue();
        assertThat(get(other.delete(first.key(), first.creation()))).isTrue();
        assertThat(isThere("k")).isFalse();
        assertThat(get(other.delete(first.key(), first.creation()))).isFalse();

        create("k");
        assertThat(get(other.delete(first.key(), first.creation()))).isFalse();
        assertThat(isThere("k")).isTrue();
    }

    @Test
    void aDeleteTakesAKeyThatWasReplacedSince() {
        Entry created = create("k");
        replace(created, "new", 0);

        assertThat(get(other.delete(created.key(), created.creation()))).isTrue();
        assertThat(isThere("k")).isFalse();
    }

    @Test
    void aListIsInTheOrderOfCreation() {
        Entry first = create("e/m");
        create("e/z");
        create("e/a");
        replace(first, "replaced last", 0);

        assertThat(names(other, "e/")).containsExactly("e/m", "e/z", "e/a");
    }

    @Test
    void aLimitedListHasThoseCreatedFirst() {
        create("e/m");
        create("e/z");
        create("e/a");

        List<Entry> two = get(other.list(prefix + "e/", 2));

        assertThat(two).extracting(Entry::key).containsExactly(prefix + "e/m", prefix + "e/z");
    }

    @Test
    void aPrefixIsTextAndNoPath() {
        create("e/ab");
        create("e/a");
        create("e/b");
        create("e/a/c");
        create("f/a");

        assertThat(names(other, "e/a")).containsExactlyInAnyOrder("e/ab", "e/a", "e/a/c");
        assertThat(names(other, "e/ab")).containsExactly("e/ab");
        assertThat(names(other, "g")).isEmpty();
    }

    @Test
    void noUpdateIsLostBetweenWritersAtTheSameTime() throws Exception {
        create("count");
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        AtomicInteger reading = new AtomicInteger(WRITERS);
        CompletableFuture<Void> allHaveRead = new CompletableFuture<>();
        for (int i = 0; i < WRITERS; i++) {
            LeaseStore connection = oneMore();
            writers.add(CompletableFuture.runAsync(
                    () -> increment(connection, () -> {
                        if (reading.decrementAndGet() == 0) {
                            allHaveRead.complete(null);
                        }
                        get(allHaveRead);
                    }),
                    task -> new Thread(task, "writer").start()));
        }

        writers.forEach(this::get);

        assertThat(get(store.read(prefix + "count")).map(Entry::value))
                .contains(String.valueOf(WRITERS * INCREMENTS_PER_WRITER));
    }

    /**
     * Waits for the other writers after the first read, so that they meet also where one would be done before the next
     * begins.
     */
    private void increment(LeaseStore connection, Runnable awaitOthers) {
        int done = 0;
        boolean met = false;
        while (done < INCREMENTS_PER_WRITER) {
            Entry entry = get(connection.read(prefix + "count")).orElseThrow();
            if (!met) {
                awaitOthers.run();
                met = true;
            }
            int count = entry.value().startsWith("value") ? 0 : Integer.parseInt(entry.value());
            CasResult swap = get(connection.compareAndSet(entry.key(), entry.version(), String.valueOf(count + 1), 0));
            if (swap instanceof CasResult.Written) {
                done++;
            }
        }
    }

    @Test
    void ofThoseWhoCreateAKeyAtTheSameTimeOneDoes() throws Exception {
        List<CompletableFuture<CasResult>> swaps = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            swaps.add(oneMore().compareAndSet(prefix + "k", 0, "writer " + i, 0).toCompletableFuture());
        }

        List<Entry> created = swaps.stream()
                .map(this::get)
                .filter(CasResult.Written.class::isInstance)
                .map(KeyConformance::written)
                .toList();

        assertThat(created).hasSize(1);
        assertThat(get(store.read(prefix + "k"))).isEqualTo(Optional.of(created.get(0)));
    }
}
