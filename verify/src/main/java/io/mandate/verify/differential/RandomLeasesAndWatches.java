package io.mandate.verify.differential;

import com.google.protobuf.ByteString;
import io.mandate.etcdapi.LeaseGrantRequest;
import io.mandate.etcdapi.LeaseRevokeRequest;
import io.mandate.etcdapi.LeaseTimeToLiveRequest;
import io.mandate.etcdapi.WatchCreateRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;

/** Random lease requests and watchers. */
final class RandomLeasesAndWatches {
    /** Beyond, leases are revoked rather than granted. */
    private static final int LEASES_MAX = 25;

    /** Every write is told to all of them. */
    private static final int WATCHERS_PER_STREAM_MAX = 10;

    /** Far longer than any run, so that nothing expires by chance. */
    private static final long LONG_TTL_SECONDS = 100_000;

    private static final long TTL_SECONDS_MAX = 9_000_000_000L;
    private static final int WRONG_ENUM = 9;

    private final SeededRandom dice;
    private final Model model;
    private final RandomKeyValues keyValues;

    RandomLeasesAndWatches(SeededRandom dice, Model model, RandomKeyValues keyValues) {
        this.dice = dice;
        this.model = model;
        this.keyValues = keyValues;
    }

    /** A grant, with a revoke right behind it if the lease would end during the run. */
    List<Step> grant() {
        if (model.leases().size() >= LEASES_MAX) {
            return revoke();
        }
        long id =
                dice.pick(0L, 0L, 1L, -5L, Long.MAX_VALUE, Long.MIN_VALUE, dice.between(2, 200), dice.between(2, 200));
        if (dice.chance(10)) {
            long shortTtl = dice.pick(1L, 0L, -5L, Long.MIN_VALUE, 2L, 3L);
            long chosen = dice.between(1_000_000, 2_000_000);
            return List.of(
                    new Step.Call(UnaryCall.LEASE_GRANT, Requests.grant(chosen, shortTtl)),
                    new Step.Call(
                            UnaryCall.LEASE_REVOKE,
                            LeaseRevokeRequest.newBuilder().setID(chosen).build()));
        }
        long ttl = dice.chance(10)
                ? dice.pick(TTL_SECONDS_MAX, TTL_SECONDS_MAX + 1, Long.MAX_VALUE)
                : LONG_TTL_SECONDS + dice.below(1000);
        LeaseGrantRequest request = Requests.grant(id, ttl);
        return List.of(new Step.Call(UnaryCall.LEASE_GRANT, request));
    }

    List<Step> revoke() {
        return List.of(new Step.Call(
                UnaryCall.LEASE_REVOKE,
                LeaseRevokeRequest.newBuilder().setID(keyValues.lease()).build()));
    }

    Step timeToLive() {
        return new Step.Call(
                UnaryCall.LEASE_TIME_TO_LIVE,
                LeaseTimeToLiveRequest.newBuilder()
                        .setID(keyValues.lease())
                        .setKeys(dice.chance(70))
                        .build());
    }

    Step keepAlive() {
        return new Step.KeepAlive(keyValues.lease());
    }

    /** Creates a watcher, or cancels one where there are many. */
    List<Step> watch() {
        int stream = dice.pick(new ArrayList<>(model.watchersByStream().keySet()));
        SortedSet<Long> watchers = model.watchersByStream().get(stream);
        if (watchers != null
                && (watchers.size() >= WATCHERS_PER_STREAM_MAX || (!watchers.isEmpty() && dice.chance(25)))) {
            long watchId = dice.pick(new ArrayList<>(watchers));
            return List.of(new Step.WatchSync(), new Step.WatchCancel(stream, watchId));
        }
        if (dice.chance(4)) {
            return List.of(new Step.WatchCancel(stream, dice.pick(-1L, 777_777L)));
        }
        return List.of(new Step.WatchCreate(stream, watchCreation(stream)));
    }

    private WatchCreateRequest watchCreation(int stream) {
        ByteString key = dice.chance(10) ? ByteString.EMPTY : keyValues.key();
        WatchCreateRequest.Builder request = WatchCreateRequest.newBuilder()
                .setKey(key)
                .setRangeEnd(keyValues.rangeEnd(key))
                .setStartRevision(startRevision(stream))
                .setPrevKv(dice.chance(40))
                .setProgressNotify(dice.chance(10))
                .setFragment(dice.chance(20));
        if (dice.chance(15)) {
            request.setWatchId(dice.between(0, 30));
        }
        if (dice.chance(20)) {
            request.addFiltersValue(dice.below(2));
            if (dice.chance(15)) {
                request.addFiltersValue(dice.pick(0, 1, WRONG_ENUM));
            }
        }
        return request.build();
    }

    /**
     * Watchers of the future and watchers of the past live on different streams: while one waits for a future revision,
     * its stream answers no progress request, so it could not be told when the other has caught up.
     */
    private long startRevision(int stream) {
        int choice = dice.below(100);
        if (choice < 45) {
            return 0;
        } else if (choice < 50) {
            return dice.pick(-1L, Long.MIN_VALUE);
        }
        if (stream == RequestSource.FUTURE_STREAM) {
            return model.revision() + dice.between(1, 30);
        }
        if (choice < 58) {
            // Not before: a watcher that compaction ends keeps etcd's stream silent for good. Scripts have such
            // watchers, on streams of their own.
            return Math.max(1, model.compactedRevision());
        }
        return choice < 65 ? model.revision() : dice.between(Math.max(model.compactedRevision(), 1), model.revision());
    }
}
