package io.mandate.election.guard.http;

import io.mandate.election.Term;
import io.mandate.election.TermEndedException;
import io.mandate.election.guard.StaleTokenException;
import io.mandate.election.internal.TermAccess;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One fenced write.
 *
 * <pre>
 * phase      reply              next
 * READING    object, none       larger token: stale. Not the version expected by the writer: changed.
 *                               Else SENDING, on the condition that this version is still the current one
 * SENDING    stored             written; LEARNING if the server did not say the ETag
 * SENDING    condition failed   CHECKING
 * SENDING    lost               the same write again, in doubt (1)
 * CHECKING   object, none       our write is in its lineage: written
 *                               not in doubt: as READING
 *                               in doubt, our condition still holds: the same write again (1)
 *                               in doubt, the version we were conditional on is in the lineage: as READING, because
 *                               the write never took effect (2)
 *                               in doubt otherwise: unknown
 * LEARNING   any                written
 * any        refused            fails; in doubt, first CHECKING, then unknown
 * </pre>
 *
 * <p>(1) Sending a write again is harmless, because whichever copy arrives first makes the condition of the others
 * fail; and it is the only way to an answer: while the condition holds, a read cannot tell a write that got lost from
 * one that is late. (2) That version was replaced by another write, so our condition can never hold again.
 */
final class WriteOperation implements ObjectOperation<ObjectWrite>, Reply.Handler<Step<ObjectWrite>> {
    private enum Phase {
        READING,
        SENDING,
        CHECKING,
        LEARNING
    }

    /** What to make of the object. */
    interface Choice {
        /** The content to write now, or null if the object is not as the writer wants it. */
        @Nullable
        Content next(Optional<StoredObject> current);
    }

    /** A write under way: made for {@code base}. */
    private record Attempt(Lineage base, ObjectRequest.Upload upload) {
        String id() {
            return upload.lineage().latest();
        }
    }

    private final Term term;
    private final URI uri;
    private final Choice choice;
    private final ObjectGuardOptions options;
    private final RandomGenerator random;
    private final RandomGenerator ids;

    private Phase phase = Phase.READING;
    private @Nullable Attempt attempt;
    /** A copy of the attempt may have taken effect, or may yet. */
    private boolean inDoubt;

    private @Nullable Throwable trouble;
    private int tries;
    private int conflicts;
    private int statusOfConflict;
    private int losses;
    private long deadlineNanos;
    private long nowNanos;

    /** @param ids random enough that no two writes of the world have the same id */
    WriteOperation(
            Term term,
            URI uri,
            Choice choice,
            ObjectGuardOptions options,
            RandomGenerator random,
            RandomGenerator ids) {
        this.term = term;
        this.uri = uri;
        this.choice = choice;
        this.options = options;
        this.random = random;
        this.ids = ids;
    }

    @Override
    public Step<ObjectWrite> begin(long now) {
        term.requireValid(Duration.ZERO);
        nowNanos = now;
        deadlineNanos = now + options.operationTimeout().toNanos();
        return read(Phase.READING, 0);
    }

    @Override
    public Step<ObjectWrite> next(Reply reply, long now) {
        nowNanos = now;
        return reply.handle(this);
    }

    @Override
    public Optional<OutcomeUnknownException> givenUp() {
        return inDoubt || phase == Phase.SENDING
                ? Optional.of(unknown("the writer was interrupted before the answer came"))
                : Optional.empty();
    }

    @Override
    public Step<ObjectWrite> found(Version version) {
        return seen(version, version.lineage());
    }

    @Override
    public Step<ObjectWrite> missing() {
        return seen(null, Lineage.ABSENT);
    }

    private Step<ObjectWrite> seen(@Nullable Version version, Lineage lineage) {
        return switch (phase) {
            case READING -> decide(version, lineage);
            case CHECKING -> check(version, lineage);
            case LEARNING -> written(version);
            case SENDING -> throw misplaced();
        };
    }

    private Step<ObjectWrite> decide(@Nullable Version version, Lineage lineage) {
        StoredObject object = version == null ? null : version.object();
        if (object != null && object.token() > term.token()) {
            throw StaleTokenException.of(ObjectRequest.name(uri), term, object.token());
        }
        tries++;
        if (tries > ObjectGuardOptions.CONFLICTS_MAX + 1) {
            throw failure(
                    "each of " + ObjectGuardOptions.CONFLICTS_MAX + " tries met another writer (last status "
                            + statusOfConflict
                            + "): let fewer processes write to one object; if there are none, "
                            + "verifyPreconditions tells what"
                            + " the server does",
                    null);
        }
        Content content = choice.next(Optional.ofNullable(object));
        if (content == null) {
            return new Step.Done<>(new ObjectWrite.Changed(object));
        }
        ObjectGuard.requireSize(content, options);
        term.requireValid(Duration.ZERO);
        String etag = object == null ? null : object.etag();
        Lineage next = lineage.then(Lineage.id(Lineage.randomBytes(ids)));
        attempt = new Attempt(lineage, new ObjectRequest.Upload(content, term.token(), next, etag));
        inDoubt = false;
        return send(0);
    }

    private Step<ObjectWrite> check(@Nullable Version version, Lineage lineage) {
        Attempt made = made();
        if (lineage.contains(made.id())) {
            return written(version);
        }
        if (!inDoubt) {
            return decide(version, lineage);
        }
        String base = made.base().latest();
        if (lineage.latest().equals(base)) {
            return sendAgain("it has not taken effect yet, but may still be on its way");
        }
        if (lineage.contains(base)) {
            inDoubt = false;
            return decide(version, lineage);
        }
        throw unknown("the object was written so often since that its metadata no longer tell");
    }

    private Step<ObjectWrite> written(@Nullable Version version) {
        Attempt made = made();
        if (version != null && version.object().token() > term.token()) {
            TermAccess.superseded(term);
        }
        String etag = version != null && version.lineage().latest().equals(made.id())
                ? version.object().etag()
                : null;
        return new Step.Done<>(new ObjectWrite.Written(made.upload().content(), etag));
    }

    @Override
    public Step<ObjectWrite> stored(@Nullable String etag) {
        if (etag == null) {
            return read(Phase.LEARNING, 0);
        }
        return new Step.Done<>(new ObjectWrite.Written(made().upload().content(), etag));
    }

    @Override
    public Step<ObjectWrite> conditionFailed(int status) {
        conflicts++;
        statusOfConflict = status;
        return read(Phase.CHECKING, Pauses.afterConflict(conflicts, random));
    }

    @Override
    public Step<ObjectWrite> refused(RuntimeException problem) {
        if (phase == Phase.LEARNING) {
            return written(null);
        }
        if (!inDoubt) {
            throw problem;
        }
        trouble = problem;
        if (phase == Phase.SENDING) {
            return read(Phase.CHECKING, 0);
        }
        throw unknown("the object could not be read: " + problem.getMessage());
    }

    @Override
    public Step<ObjectWrite> lost(Reply.Lost lost) {
        if (phase == Phase.LEARNING) {
            return written(null);
        }
        trouble = lost.cause();
        if (phase == Phase.SENDING) {
            inDoubt |= lost.maybeApplied();
            return sendAgain(lost.why());
        }
        losses++;
        if (losses > ObjectGuardOptions.LOSSES_MAX) {
            throw failure(
                    lost.why() + ", after " + losses + " tries: check that the server can be reached", lost.cause());
        }
        return read(phase, Pauses.afterLoss(losses, random));
    }

    /**
     * Unless the term is over or there were too many losses: then a last look decides, and if that is where we come
     * from, nothing does.
     */
    private Step<ObjectWrite> sendAgain(String why) {
        losses++;
        boolean looked = phase == Phase.CHECKING;
        if (losses <= ObjectGuardOptions.LOSSES_MAX && mayStillSend()) {
            return send(Pauses.afterLoss(losses, random));
        }
        if (looked || !inDoubt) {
            throw failure(why + ", after " + losses + " tries: check that the server can be reached", trouble);
        }
        return read(Phase.CHECKING, 0);
    }

    private boolean mayStillSend() {
        try {
            term.requireValid(Duration.ZERO);
            return true;
        } catch (TermEndedException over) {
            if (!inDoubt) {
                throw over;
            }
            trouble = over;
            return false;
        }
    }

    private Step<ObjectWrite> send(long pauseNanos) {
        phase = Phase.SENDING;
        return ask(new ObjectRequest(uri, made().upload()), pauseNanos);
    }

    private Step<ObjectWrite> read(Phase next, long pauseNanos) {
        phase = next;
        return ask(ObjectRequest.read(uri), pauseNanos);
    }

    private Step<ObjectWrite> ask(ObjectRequest request, long pauseNanos) {
        if (nowNanos + pauseNanos - deadlineNanos < 0) {
            return new Step.Send<>(request, pauseNanos);
        }
        if (phase == Phase.LEARNING) {
            return written(null);
        }
        throw failure(
                "not done within " + options.operationTimeout() + ": check the server, or raise operationTimeout",
                trouble);
    }

    private RuntimeException failure(String why, @Nullable Throwable cause) {
        return inDoubt
                ? unknown(why)
                : new ObjectGuardException(
                        "write to " + ObjectRequest.name(uri) + " failed, nothing was written: " + why, cause);
    }

    private OutcomeUnknownException unknown(String why) {
        return new OutcomeUnknownException(
                "whether the write to " + ObjectRequest.name(uri) + " took effect is unknown: " + why
                        + "; read the object before doing anything that must not be done twice",
                trouble);
    }

    private Attempt made() {
        if (attempt == null) {
            throw misplaced();
        }
        return attempt;
    }

    private AssertionError misplaced() {
        return new AssertionError("this reply cannot come while " + phase);
    }
}
