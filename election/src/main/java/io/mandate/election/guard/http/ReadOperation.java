package io.mandate.election.guard.http;

import java.net.URI;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Reads an object; an answer that was lost is asked for again. */
final class ReadOperation
        implements ObjectOperation<Optional<StoredObject>>, Reply.Handler<Step<Optional<StoredObject>>> {
    private final URI uri;
    private final ObjectGuardOptions options;
    private final RandomGenerator random;
    private long deadlineNanos;
    private long nowNanos;
    private int losses;

    ReadOperation(URI uri, ObjectGuardOptions options, RandomGenerator random) {
        this.uri = uri;
        this.options = options;
        this.random = random;
    }

    @Override
    public Step<Optional<StoredObject>> begin(long now) {
        deadlineNanos = now + options.operationTimeout().toNanos();
        return new Step.Send<>(ObjectRequest.read(uri), 0);
    }

    @Override
    public Step<Optional<StoredObject>> next(Reply reply, long now) {
        nowNanos = now;
        return reply.handle(this);
    }

    @Override
    public Optional<OutcomeUnknownException> givenUp() {
        return Optional.empty();
    }

    @Override
    public Step<Optional<StoredObject>> found(Version version) {
        return new Step.Done<>(Optional.of(version.object()));
    }

    @Override
    public Step<Optional<StoredObject>> missing() {
        return new Step.Done<>(Optional.empty());
    }

    @Override
    public Step<Optional<StoredObject>> stored(@Nullable String etag) {
        throw new AssertionError("a read was answered as a write");
    }

    @Override
    public Step<Optional<StoredObject>> conditionFailed(int status) {
        throw new AssertionError("a read was answered as a write");
    }

    @Override
    public Step<Optional<StoredObject>> refused(RuntimeException problem) {
        throw problem;
    }

    @Override
    public Step<Optional<StoredObject>> lost(Reply.Lost lost) {
        losses++;
        long pauseNanos = Pauses.afterLoss(losses, random);
        if (losses > ObjectGuardOptions.LOSSES_MAX || nowNanos + pauseNanos - deadlineNanos >= 0) {
            throw new ObjectGuardException(
                    lost.why() + ", after " + losses + " tries: check that the server can be reached", lost.cause());
        }
        return new Step.Send<>(ObjectRequest.read(uri), pauseNanos);
    }
}
