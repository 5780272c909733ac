package io.mandate.election.guard.http;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Finds out, by trying, whether a server may be trusted with guarded writes. Whatever other provers do to the same
 * probe meanwhile: a write that had to fail and did not convicts the server, and one that failed without need only
 * makes this start over.
 */
final class PreconditionProof {
    /** More provers than 20 at once on one probe are not expected. */
    private static final int ROUNDS_MAX = 20;

    /** A server that looks first and writes then lets two of so many in, mostly. */
    private static final int RACERS = 8;

    private static final String MARK = "mandate probe";
    private static final Content CONTENT =
            Content.utf8(MARK + ": made to find out whether this server honours conditions of writes\n");

    private final ObjectWire wire;
    private final URI probe;
    private final RandomGenerator random;

    PreconditionProof(ObjectWire wire, URI probe, RandomGenerator random) {
        this.wire = wire;
        this.probe = probe;
        this.random = random;
    }

    void run() throws InterruptedException {
        for (int round = 1; round <= ROUNDS_MAX; round++) {
            if (prove()) {
                return;
            }
            TimeUnit.NANOSECONDS.sleep(Pauses.afterConflict(round, random));
        }
        throw new ObjectGuardException("the probe " + name() + " was written by others in each of " + ROUNDS_MAX
                + " rounds: give this process a probe of its own");
    }

    /** False if others wrote meanwhile. */
    private boolean prove() throws InterruptedException {
        Reply before = ask(ObjectRequest.read(probe));
        String etag = before instanceof Reply.Found found ? requireProbe(found.version()) : null;
        ObjectRequest.Upload first = upload(etag);
        if (!isStored(first)) {
            return false;
        }
        Version one = readBack(first);
        if (one == null) {
            return false;
        }
        mustFail(upload(null), "If-None-Match: *", "although the object exists");
        mustFail(
                upload("\"" + Lineage.id(Lineage.randomBytes(random)) + "\""),
                "If-Match",
                "with an ETag that it never gave");
        ObjectRequest.Upload second = upload(one.object().etag());
        if (!isStored(second)) {
            return false;
        }
        Version two = readBack(second);
        if (two == null) {
            return false;
        }
        if (two.object().etag().equals(one.object().etag())) {
            throw new UnsafeServerException(
                    name() + " has the same ETag after two writes of the same content, so that they"
                            + " cannot be told apart: use ETags.OF_CONTENT");
        }
        mustFail(upload(one.object().etag()), "If-Match", "with the ETag of a version that was replaced");
        return race(two.object().etag());
    }

    private String requireProbe(Version version) {
        if (!new String(version.object().content().sharedBytes(), StandardCharsets.UTF_8).startsWith(MARK)) {
            throw new IllegalArgumentException(name()
                    + " exists and is not a probe: it would be overwritten; name an object that serves "
                    + "no other purpose");
        }
        return version.object().etag();
    }

    /** Null if others wrote meanwhile. */
    private @Nullable Version readBack(ObjectRequest.Upload upload) throws InterruptedException {
        Reply reply = ask(ObjectRequest.read(probe));
        if (!(reply instanceof Reply.Found found)) {
            throw new UnsafeServerException(
                    name() + " is not there right after it was written: use a server whose reads see every write");
        }
        Version version = found.version();
        if (version.object().token() == 0) {
            throw new UnsafeServerException(
                    name() + " was given back without the metadata it was written with: give a metadata"
                            + " prefix whose headers the server keeps");
        }
        return version.lineage().equals(upload.lineage()) ? version : null;
    }

    private void mustFail(ObjectRequest.Upload upload, String condition, String why) throws InterruptedException {
        if (isStored(upload)) {
            throw new UnsafeServerException(name() + " was overwritten by a PUT with " + condition + " " + why
                    + ": the server ignores this condition, so that a stale leader would overwrite newer data; "
                    + "use one that"
                    + " answers 412");
        }
    }

    private boolean race(String etag) throws InterruptedException {
        List<CompletableFuture<Reply>> racers = new ArrayList<>();
        for (int i = 0; i < RACERS; i++) {
            racers.add(wire.send(new ObjectRequest(probe, upload(etag))));
        }
        int winners = 0;
        for (CompletableFuture<Reply> racer : racers) {
            winners += ObjectExchange.await(racer) instanceof Reply.Stored ? 1 : 0;
        }
        if (winners > 1) {
            throw new UnsafeServerException(
                    winners + " of " + RACERS + " writes at once to " + name() + ", all conditional on"
                            + " the same ETag, took effect: the server compares and writes in two steps; use "
                            + "one that does so in one");
        }
        return winners == 1;
    }

    private boolean isStored(ObjectRequest.Upload upload) throws InterruptedException {
        return ask(new ObjectRequest(probe, upload)) instanceof Reply.Stored;
    }

    private ObjectRequest.Upload upload(@Nullable String etag) {
        return new ObjectRequest.Upload(CONTENT, 1, Lineage.ABSENT.then(Lineage.id(Lineage.randomBytes(random))), etag);
    }

    private Reply ask(ObjectRequest request) throws InterruptedException {
        Reply reply = ObjectExchange.await(wire.send(request));
        if (reply instanceof Reply.Refused refused) {
            throw refused.problem();
        }
        if (reply instanceof Reply.Lost lost) {
            throw new ObjectGuardException(
                    lost.why() + ": whether this server is safe could not be found out; check that it can be reached",
                    lost.cause());
        }
        return reply;
    }

    private String name() {
        return ObjectRequest.name(probe);
    }
}
