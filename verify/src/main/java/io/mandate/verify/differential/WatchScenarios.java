package io.mandate.verify.differential;

import static io.mandate.verify.differential.Requests.put;
import static io.mandate.verify.differential.Requests.watch;
import static io.mandate.verify.differential.Requests.watchPrefix;

import io.mandate.etcdapi.WatchCreateRequest;

/** Scripted watchers. */
final class WatchScenarios {
    private static final int STREAM = 70;
    private static final int KIBIBYTE = 1024;

    private WatchScenarios() {}

    static Script creations(String name) {
        return new Script()
                .step(new Step.WatchOpen(STREAM))
                .step(create(watch(name)))
                .step(create(watch(name)))
                .step(create(watch(name).setWatchId(3)))
                .step(create(watch(name).setWatchId(3)))
                .step(create(watch(name)))
                .step(create(watch(name)))
                .step(create(watch(name).setWatchId(-9)))
                .step(create(watch(name).setStartRevision(-1)))
                .step(create(watch(name).setStartRevision(Long.MIN_VALUE)))
                .step(create(watch(name + "/b").setRangeEnd(Requests.bytes(name + "/a"))))
                .step(create(watch(name).setRangeEnd(Requests.bytes(name))))
                .step(create(watch(name).setRangeEnd(Requests.bytes(name)).setWatchId(40)))
                .step(create(watch("")))
                .step(create(watch("").setRangeEnd(Requests.ZERO)))
                .step(create(watch("\0").setRangeEnd(Requests.ZERO)))
                .step(create(watch(name).addFiltersValue(9)))
                .step(create(watch(name).addFiltersValue(0).addFiltersValue(0)))
                .step(create(watch(name).setProgressNotify(true).setPrevKv(true).setFragment(true)))
                .step(new Step.WatchCancel(STREAM, 555))
                .call(UnaryCall.PUT, put(name, "v"))
                .call(UnaryCall.PUT, put("\0", "the first key"))
                .sync()
                .step(new Step.WatchCancel(STREAM, 0))
                .step(new Step.WatchCancel(STREAM, 0))
                .step(create(watch(name).setWatchId(3)))
                .step(new Step.WatchCancel(STREAM, 3))
                .step(create(watch(name).setWatchId(3)))
                .call(UnaryCall.DELETE_RANGE, Requests.delete(name))
                .call(UnaryCall.DELETE_RANGE, Requests.delete("\0"))
                .sync()
                .step(new Step.WatchClose(STREAM));
    }

    static Script eventsAndFilters(String name) {
        return new Script()
                .step(new Step.WatchOpen(STREAM))
                .call(UnaryCall.PUT, put(name + "/a", "before"))
                .step(create(watchPrefix(name)))
                .step(create(watchPrefix(name).setPrevKv(true)))
                .step(create(watchPrefix(name).addFiltersValue(0)))
                .step(create(watchPrefix(name).addFiltersValue(1).setPrevKv(true)))
                .step(create(watchPrefix(name).addFiltersValue(0).addFiltersValue(1)))
                .step(create(watch(name + "/a")))
                .step(create(watch(name + "/a").setRangeEnd(Requests.ZERO)))
                .step(model -> create(watchPrefix(name).setStartRevision(model.revision())))
                .step(model -> create(
                        watchPrefix(name).setStartRevision(model.revision() - 1).setPrevKv(true)))
                .call(UnaryCall.PUT, put(name + "/a", "changed"))
                .call(
                        UnaryCall.TXN,
                        TransactionScenarios.unconditional(
                                TransactionScenarios.put(name + "/d", "d"),
                                TransactionScenarios.delete(name + "/a"),
                                TransactionScenarios.put(name + "/b", "b")))
                .call(UnaryCall.PUT, put(name + "/a", "born again"))
                .call(UnaryCall.DELETE_RANGE, Requests.deletePrefix(name))
                .call(UnaryCall.DELETE_RANGE, Requests.deletePrefix(name))
                .sync()
                .step(model -> create(
                        watchPrefix(name).setStartRevision(model.revision() - 4).setPrevKv(true)))
                .step(model -> create(
                        watchPrefix(name).setStartRevision(model.revision() - 3).addFiltersValue(0)))
                .step(model -> create(watchPrefix(name).setStartRevision(model.revision())))
                .sync()
                .call(UnaryCall.PUT, put(name + "/a", "asked for progress after this"))
                .step(model -> new Step.WatchProgress(STREAM, model.revision()))
                .call(UnaryCall.DELETE_RANGE, Requests.deletePrefix(name))
                .sync()
                .step(new Step.WatchClose(STREAM));
    }

    static Script compactedHistory(String name) {
        return new Script()
                .call(UnaryCall.PUT, put(name + "/a", "1"))
                .call(UnaryCall.PUT, put(name + "/a", "2"))
                .call(UnaryCall.PUT, put(name + "/a", "3"))
                .sync()
                .call(UnaryCall.COMPACT, model -> KeyValueScenarios.compact(model.revision() - 1))
                // A stream each for those that compaction ends: it never tells progress again.
                .step(new Step.WatchOpen(STREAM + 1))
                .step(new Step.WatchCreate(
                        STREAM + 1, watchPrefix(name).setStartRevision(1).build()))
                .step(new Step.WatchOpen(STREAM + 2))
                .step(model -> new Step.WatchCreate(
                        STREAM + 2,
                        watchPrefix(name)
                                .setStartRevision(model.compactedRevision() - 1)
                                .setPrevKv(true)
                                .build()))
                .step(new Step.WatchOpen(STREAM))
                .step(model -> create(watchPrefix(name)
                        .setStartRevision(model.compactedRevision())
                        .setPrevKv(true)))
                .step(model -> create(watchPrefix(name)
                        .setStartRevision(model.compactedRevision() + 1)
                        .setPrevKv(true)))
                .step(create(watchPrefix(name)))
                .sync()
                .step(new Step.WatchClose(STREAM + 1))
                .step(new Step.WatchClose(STREAM + 2))
                .call(UnaryCall.DELETE_RANGE, Requests.deletePrefix(name))
                .sync()
                .step(new Step.WatchClose(STREAM));
    }

    /** While a watcher waits for a later revision, its stream tells no progress. */
    static Script waitingForTheFuture(String name) {
        return new Script()
                .step(new Step.WatchOpen(STREAM))
                .step(model -> create(watchPrefix(name).setStartRevision(model.revision() + 1)))
                .step(model -> create(watchPrefix(name).setStartRevision(model.revision() + 5)))
                .step(create(watchPrefix(name).setStartRevision(Long.MAX_VALUE)))
                .call(UnaryCall.PUT, put(name + "/a", "1"))
                .step(model -> new Step.WatchProgress(STREAM, model.revision()))
                .call(UnaryCall.PUT, put(name + "/a", "2"))
                .sync()
                .call(UnaryCall.PUT, put(name + "/a", "3"))
                .call(UnaryCall.PUT, put(name + "/a", "4"))
                .call(UnaryCall.PUT, put(name + "/a", "5"))
                .call(UnaryCall.DELETE_RANGE, Requests.deletePrefix(name))
                .sync()
                .step(new Step.WatchClose(STREAM));
    }

    /** Two events of one revision, which with their previous values exceed what one response may hold. */
    static Script fragments(String name) {
        String large = "z".repeat(700 * KIBIBYTE);
        return new Script()
                .step(new Step.WatchOpen(STREAM))
                .step(create(watchPrefix(name).setPrevKv(true).setFragment(true)))
                .step(create(watchPrefix(name).setPrevKv(true)))
                .call(
                        UnaryCall.TXN,
                        TransactionScenarios.unconditional(
                                TransactionScenarios.put(name + "/1", large),
                                TransactionScenarios.put(name + "/2", large)))
                .call(
                        UnaryCall.TXN,
                        TransactionScenarios.unconditional(
                                TransactionScenarios.put(name + "/2", large),
                                TransactionScenarios.put(name + "/1", large)))
                .call(UnaryCall.DELETE_RANGE, Requests.deletePrefix(name))
                .sync()
                .step(model -> create(
                        watchPrefix(name).setPrevKv(true).setFragment(true).setStartRevision(model.revision() - 4)))
                .sync()
                .step(new Step.WatchClose(STREAM));
    }

    private static Step create(WatchCreateRequest.Builder request) {
        return new Step.WatchCreate(STREAM, request.build());
    }
}
