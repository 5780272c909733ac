package io.mandate.testkit;

import io.mandate.election.store.CasResult;
import io.mandate.election.store.ConditionalDelete;
import io.mandate.election.store.ConditionalPut;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseGrant;
import io.mandate.election.store.LeaseStore;
import io.mandate.election.store.StoreException;
import io.mandate.election.store.StoreGuarantees;
import io.mandate.election.store.Watch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Connections to a right store, each with one mistake that an adapter may make. */
final class BrokenStores {
    private BrokenStores() {}

    static LeaseStore listsByKey(LeaseStore right) {
        return listing(
                right,
                list -> list.stream().sorted(Comparator.comparing(Entry::key)).toList());
    }

    private static LeaseStore listing(LeaseStore right, UnaryOperator<List<Entry>> change) {
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<List<Entry>> list(String prefix, int limit) {
                return inner.list(prefix, limit).thenApply(change);
            }
        };
    }

    static LeaseStore ignoresTheLimit(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<List<Entry>> list(String prefix, int limit) {
                return inner.list(prefix, LIST_MAX);
            }
        };
    }

    static LeaseStore ignoresThePrefix(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<List<Entry>> list(String prefix, int limit) {
                return inner.list("", limit);
            }
        };
    }

    /** Answers batches from the last item to the first. */
    static LeaseStore shufflesBatches(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<List<Optional<Entry>>> readAll(List<String> keys) {
                return inner.readAll(keys).thenApply(BrokenStores::reversed);
            }

            @Override
            public CompletionStage<List<CasResult>> compareAndSetAll(List<ConditionalPut> changes, long leaseId) {
                return inner.compareAndSetAll(changes, leaseId).thenApply(BrokenStores::reversed);
            }

            @Override
            public CompletionStage<List<Boolean>> deleteAll(List<ConditionalDelete> removals) {
                return inner.deleteAll(removals.subList(0, 1));
            }
        };
    }

    private static <A> List<A> reversed(List<A> answers) {
        List<A> reversed = new ArrayList<>(answers);
        Collections.reverse(reversed);
        return reversed;
    }

    static LeaseStore takesAnyBatch(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<List<CasResult>> compareAndSetAll(List<ConditionalPut> changes, long leaseId) {
                changes.forEach(
                        change -> inner.compareAndSet(change.key(), change.expectedVersion(), change.value(), leaseId));
                return CompletableFuture.completedFuture(List.of());
            }

            @Override
            public CompletionStage<List<Optional<Entry>>> readAll(List<String> keys) {
                return CompletableFuture.completedFuture(List.of());
            }
        };
    }

    static LeaseStore tellsOtherKeys(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public Watch watchKeys(String prefix, Consumer<Optional<String>> changed) {
                changed.accept(Optional.empty());
                return inner.watch(prefix, () -> changed.accept(Optional.of(prefix + "j")));
            }
        };
    }

    static LeaseStore listsPaths(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<List<Entry>> list(String prefix, int limit) {
                String directory = prefix.endsWith("/") ? prefix : prefix + "/";
                return inner.list(prefix, limit)
                        .thenApply(list -> list.stream()
                                .filter(entry -> (entry.key() + "/").startsWith(directory))
                                .toList());
            }
        };
    }

    static LeaseStore writesAscii(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<CasResult> compareAndSet(
                    String key, long expectedVersion, String value, long leaseId) {
                String ascii = new String(value.getBytes(StandardCharsets.US_ASCII), StandardCharsets.US_ASCII);
                return inner.compareAndSet(key, expectedVersion, ascii, leaseId);
            }
        };
    }

    /** Reads from a replica that is one read behind. */
    static LeaseStore readsStale(LeaseStore right) {
        Map<String, Optional<Entry>> replica = new ConcurrentHashMap<>();
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<Optional<Entry>> read(String key) {
                return inner.read(key).thenApply(entry -> {
                    Optional<Entry> before = replica.put(key, entry);
                    return before == null ? entry : before;
                });
            }
        };
    }

    static LeaseStore allowsHalf(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<CasResult> compareAndSet(
                    String key, long expectedVersion, String value, long leaseId) {
                if (key.length() > KEY_BYTES_MAX / 2 || value.length() > VALUE_BYTES_MAX / 2) {
                    throw new IllegalArgumentException("too long");
                }
                return inner.compareAndSet(key, expectedVersion, value, leaseId);
            }
        };
    }

    static LeaseStore allowsAnything(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<Optional<Entry>> read(String key) {
                return orNothing(() -> inner.read(key), Optional.empty());
            }

            @Override
            public CompletionStage<List<Entry>> list(String prefix, int limit) {
                return orNothing(() -> inner.list(prefix, limit), List.of());
            }

            @Override
            public CompletionStage<CasResult> compareAndSet(
                    String key, long expectedVersion, String value, long leaseId) {
                return orNothing(
                        () -> inner.compareAndSet(key, expectedVersion, value, leaseId), new CasResult.Refused(null));
            }

            @Override
            public CompletionStage<LeaseGrant> grant(long ttlMillis) {
                return orNothing(() -> inner.grant(ttlMillis), new LeaseGrant(1, ttlMillis));
            }
        };
    }

    private static <A> CompletionStage<A> orNothing(Supplier<CompletionStage<A>> request, A nothing) {
        try {
            return request.get();
        } catch (IllegalArgumentException refused) {
            return CompletableFuture.completedFuture(nothing);
        }
    }

    /** Shows entries with another creation. */
    private static LeaseStore numbering(LeaseStore right, UnaryOperator<Entry> change) {
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<Optional<Entry>> read(String key) {
                return inner.read(key).thenApply(entry -> entry.map(change));
            }

            @Override
            public CompletionStage<List<Entry>> list(String prefix, int limit) {
                return inner.list(prefix, limit)
                        .thenApply(list -> list.stream().map(change).toList());
            }

            @Override
            public CompletionStage<CasResult> compareAndSet(
                    String key, long expectedVersion, String value, long leaseId) {
                return inner.compareAndSet(key, expectedVersion, value, leaseId)
                        .thenApply(swap -> swap instanceof CasResult.Written written
                                ? new CasResult.Written(change.apply(written.entry()))
                                : swap);
            }
        };
    }

    static LeaseStore createsWithEveryWrite(LeaseStore right) {
        return numbering(
                right,
                entry -> new Entry(entry.key(), entry.value(), entry.version(), entry.version(), entry.leaseId()));
    }

    static LeaseStore createsAllAlike(LeaseStore right) {
        return numbering(right, entry -> new Entry(entry.key(), entry.value(), entry.version(), 1, entry.leaseId()));
    }

    static LeaseStore deletesByVersion(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<Boolean> delete(String key, long creation) {
                return inner.read(key)
                        .thenCompose(entry -> entry.isPresent() && entry.get().version() == creation
                                ? inner.delete(key, creation)
                                : CompletableFuture.completedFuture(false));
            }
        };
    }

    static LeaseStore deletesLeases(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<Boolean> delete(String key, long creation) {
                return inner.read(key)
                        .thenCompose(
                                entry -> inner.revoke(entry.map(Entry::leaseId).orElse(0L)))
                        .thenApply(done -> true);
            }
        };
    }

    static LeaseStore grantsHalf(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<LeaseGrant> grant(long ttlMillis) {
                return inner.grant(ttlMillis / 2);
            }
        };
    }

    static LeaseStore forgetsTheLease(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<CasResult> compareAndSet(
                    String key, long expectedVersion, String value, long leaseId) {
                return inner.compareAndSet(key, expectedVersion, value, 0);
            }
        };
    }

    static LeaseStore revokesOnClose(LeaseStore right) {
        Collection<Long> granted = new ConcurrentLinkedQueue<>();
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<LeaseGrant> grant(long ttlMillis) {
                return inner.grant(ttlMillis).thenApply(grant -> {
                    granted.add(grant.leaseId());
                    return grant;
                });
            }

            @Override
            public void close() {
                List<CompletableFuture<Void>> revoked = new ArrayList<>();
                granted.forEach(lease -> revoked.add(inner.revoke(lease).toCompletableFuture()));
                CompletableFuture.allOf(revoked.toArray(CompletableFuture<?>[]::new))
                        .handle((done, failed) -> null)
                        .join();
                inner.close();
            }
        };
    }

    /** As a client does that checks its connection before it asks. */
    static LeaseStore throwsInsteadOfFailing(LeaseStore right) {
        return new ForwardingStore(right) {
            private boolean closed;

            @Override
            public CompletionStage<Optional<Entry>> read(String key) {
                if (closed) {
                    throw new StoreException("the connection is closed");
                }
                return inner.read(key);
            }

            @Override
            public void close() {
                closed = true;
                inner.close();
            }
        };
    }

    static LeaseStore neverAnswersReads(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public CompletionStage<Optional<Entry>> read(String key) {
                return new CompletableFuture<>();
            }
        };
    }

    static LeaseStore neverCalls(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public Watch watch(String prefix, Runnable changed) {
                return Watch.NONE;
            }
        };
    }

    static LeaseStore callsAfterClose(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public Watch watch(String prefix, Runnable changed) {
                Watch open = inner.watch(prefix, changed);
                return () -> assertOpen(open);
            }

            private void assertOpen(Watch open) {
                // Does not close it.
                if (open == Watch.NONE) {
                    throw new AssertionError("the store does not watch");
                }
            }
        };
    }

    static LeaseStore keepsLeasesForEver(LeaseStore right) {
        return new ForwardingStore(right) {
            @Override
            public StoreGuarantees guarantees() {
                StoreGuarantees promised = inner.guarantees();
                return new StoreGuarantees(
                        promised.store(), StoreGuarantees.Expiry.NOBODY, 1, 1, promised.creationsGrow(), true);
            }
        };
    }
}
