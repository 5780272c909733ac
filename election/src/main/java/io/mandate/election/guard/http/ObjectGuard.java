package io.mandate.election.guard.http;

import io.mandate.election.Term;
import io.mandate.election.guard.StaleTokenException;
import java.net.URI;
import java.net.http.HttpClient;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * Guards objects behind HTTP, in S3-compatible stores and in APIs that offer conditional requests: a writer with a
 * smaller fencing token than the object has seen is refused.
 *
 * <p>The token is kept with the object, as metadata. A write reads it, compares, and replaces exactly the version it
 * has read ({@code If-Match}, {@code If-None-Match}), so that nothing can come between the comparison and the write; if
 * something did, it compares again. A write whose answer got lost is sent again on the same condition, under which it
 * takes effect at most once, until the object itself tells what became of it. So there are three ends: done, not done,
 * and {@link OutcomeUnknownException} if the server stays away.
 *
 * <p>Everybody who writes the object has to do so through a guard, and nobody may delete it: its token would be
 * forgotten. Writers of different elections must not share an object, because their tokens cannot be compared.
 * Thread-safe.
 */
public final class ObjectGuard {
    private final ObjectWire wire;
    private final ObjectGuardOptions options;
    private final ObjectExchange conversation;
    private final SecureRandom ids = new SecureRandom();

    ObjectGuard(ObjectWire wire, ObjectGuardOptions options, Executor executor) {
        this.wire = wire;
        this.options = options;
        this.conversation = new ObjectExchange(wire, executor);
    }

    /**
     * Begins to describe a guard. The client brings TLS, proxy and connect timeout, and should not follow redirects;
     * the guard does not close it.
     */
    public static ObjectGuardBuilder on(HttpClient client) {
        return new ObjectGuardBuilder(client);
    }

    /**
     * Proves, by trying, that the server does what the guard relies on: it keeps the metadata, gives each write an ETag
     * of its own, refuses a write whose {@code If-Match} or {@code If-None-Match} does not hold, and lets exactly one
     * of several writes at once win. To be called at start, for each bucket or API that is written to.
     *
     * @param probe an object that serves this purpose only; it is made if there is none, and stays. Several processes
     *     may use the same
     * @throws UnsafeServerException if the server does not; the message says what it did instead
     * @throws IllegalArgumentException if there is an object that is not a probe; it is left alone
     * @throws ObjectGuardException if it could not be found out
     */
    public void verifyPreconditions(URI probe) throws InterruptedException {
        new PreconditionProof(wire, probe, ids).run();
    }

    /**
     * Reads an object; empty if there is none.
     *
     * @throws ObjectGuardException if the server cannot be reached or refuses, or the object is larger than this guard
     *     reads
     * @throws UnsafeServerException if the server gives no strong ETag
     */
    public Optional<StoredObject> read(URI uri) throws InterruptedException {
        return conversation.run(reading(uri));
    }

    /** As {@link #read}, without waiting. */
    public CompletableFuture<Optional<StoredObject>> readAsync(URI uri) {
        return conversation.start(reading(uri));
    }

    /**
     * Writes an object if it is as expected.
     *
     * @throws StaleTokenException if a larger token has written it; the term is over then, and nothing was written
     * @throws io.mandate.election.TermEndedException if the term was over before the write was sent; nothing was
     *     written
     * @throws OutcomeUnknownException if the write was sent and what became of it could not be learned; also if the
     *     thread was interrupted then, which it stays
     * @throws ObjectGuardException if the server cannot be reached or refuses, or is written to by others all the time;
     *     nothing was written
     * @throws UnsafeServerException if the server gives no strong ETag; nothing was written
     * @throws IllegalArgumentException if the content is larger than this guard writes; nothing was written
     * @throws InterruptedException if the thread was interrupted before the write was sent; nothing was written
     */
    public ObjectWrite write(Term term, URI uri, Expected expected, Content content) throws InterruptedException {
        return conversation.run(writing(term, uri, expected, content));
    }

    /**
     * As {@link #write}, without waiting. Failures are those that it throws. If the future is cancelled the write may
     * have taken effect.
     */
    public CompletableFuture<ObjectWrite> writeAsync(Term term, URI uri, Expected expected, Content content) {
        return conversation.start(writing(term, uri, expected, content));
    }

    /**
     * Reads an object, and writes what a function makes of it; again if it was written meanwhile, up to 100 times. A
     * new leader that updates an object first of all, if only with the content it has, shuts out all earlier leaders.
     *
     * @param change from what is there, empty for no such object, to what shall be. It may run several times, of which
     *     one takes effect; on the calling thread
     * @return what was written
     * @see #write for what is thrown
     */
    public ObjectWrite.Written update(Term term, URI uri, Function<Optional<StoredObject>, Content> change)
            throws InterruptedException {
        return (ObjectWrite.Written) conversation.run(changing(term, uri, change::apply));
    }

    /** As {@link #update}, without waiting; the function runs on the guard's executor. */
    public CompletableFuture<ObjectWrite.Written> updateAsync(
            Term term, URI uri, Function<Optional<StoredObject>, Content> change) {
        CompletableFuture<ObjectWrite> written = conversation.start(changing(term, uri, change::apply));
        CompletableFuture<ObjectWrite.Written> updated = written.thenApply(ObjectWrite.Written.class::cast);
        updated.whenComplete((done, failure) -> written.cancel(true));
        return updated;
    }

    private ReadOperation reading(URI uri) {
        return new ReadOperation(uri, options, jitter());
    }

    private WriteOperation writing(Term term, URI uri, Expected expected, Content content) {
        requireSize(content, options);
        return changing(term, uri, current -> expected.matches(current) ? content : null);
    }

    private WriteOperation changing(Term term, URI uri, WriteOperation.Choice choice) {
        return new WriteOperation(term, uri, choice, options, jitter(), ids);
    }

    /** Of whichever thread asks, because asynchronous steps have no thread of their own. */
    private static RandomGenerator jitter() {
        return () -> ThreadLocalRandom.current().nextLong();
    }

    static void requireSize(Content content, ObjectGuardOptions options) {
        if (content.size() > options.contentBytesMax()) {
            throw new IllegalArgumentException("a content of " + content.size() + " bytes is larger than the "
                    + options.contentBytesMax()
                    + " bytes that this guard writes: raise contentBytesMax, or guard a small"
                    + " object that names the large ones");
        }
    }
}
