package io.mandate.election.guard.file;

import io.mandate.election.Term;
import io.mandate.election.guard.StaleTokenException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A file that takes a write only upon the version that the writer has seen, and only if no larger fencing token has
 * written before: by any process of this machine, and wherever that was paused. For a local POSIX file system with hard
 * links.
 *
 * <pre>{@code
 * VersionedFile ledger = VersionedFile.at(Path.of("/srv/billing/ledger.json"));
 * election.runWhileLeading(term -> ledger.update(term, present -> next(present)));
 * }</pre>
 *
 * <h2>Layout</h2>
 *
 * <pre>
 * ledger.json                          a copy of the newest version's content, for other programs
 * ledger.json.versions/
 *     v41, v42                         versions: token, operations, content and checksum in one immutable file
 *     unfinished-43-6f1d…              somebody is writing version 43
 *     copy-42-9a30…                    somebody is copying version 42
 * </pre>
 *
 * The version with the largest number is the file. The copy follows it: it is replaced atomically, by a newer one only,
 * when a write has been done but before it is acknowledged; if that writer dies in between, with the next write.
 * Changes made to the copy by others are ignored and overwritten.
 *
 * <h2>Algorithm</h2>
 *
 * A lock would not do: a writer that is stopped while it holds one either keeps its successor waiting for ever or, if
 * the lock is broken, writes when it wakes. So none is held here while anything is written. To write upon version n:
 *
 * <ol>
 *   <li>Read version n, the newest, and compare tokens.
 *   <li>Announce: create an unfinished file whose name says n+1.
 *   <li>Look again: go on only if n is still the newest.
 *   <li>Write the unfinished file, and force it to the disk.
 *   <li>Name it: link(2) the unfinished file to {@code v(n+1)}, which fails if that name exists, or if the unfinished
 *       file does not. This is the moment of the write.
 *   <li>Force the directory to the disk.
 *   <li>Overtake: list the directory, and delete every unfinished file for n+1 and before.
 *   <li>Prune: delete the versions up to n+1-k, the older first, for a constant k of at least 1.
 *   <li>Copy, in the same manner: announce, look, write, force, and rename over the plain file.
 * </ol>
 *
 * Who reads lists the directory, opens the largest version listed, and begins again if that is not there. A listing
 * promises only this: what is there from its beginning to its end is in it (POSIX, readdir).
 *
 * <p>These hold together, by induction over the steps of all processes:
 *
 * <ol>
 *   <li><b>A version that was pruned is never named again.</b> Suppose a writer names t after somebody who had named m
 *       &gt; t pruned it. Those steps were: m named, unfinished files listed and deleted, t deleted. If the writer
 *       announced before that listing, its unfinished file was deleted before t was, and its link fails. If it
 *       announced after, it looked after m was named, and found t-1 to be the newest, against 2.
 *   <li><b>What is read was the newest at some moment of the read.</b> Let s be the newest when the listing began. If s
 *       is listed, what is opened is s or was named since. If s is not, it was deleted meanwhile, and everything before
 *       s before it, because the older go first and by 1 do not return: so whatever is listed before s is not there to
 *       be opened. Looking again finds that a version exists after it was listed, which is the same.
 *   <li><b>There is one version n+1, and its token is not smaller than that of n.</b> The link succeeds once by 1, and
 *       its writer compared with n, whose content never changes.
 * </ol>
 *
 * So the comparison and the write are one step, wherever a writer stands still; and a write has been accepted exactly
 * if its link succeeded. (Announce, then look: the order of hazard pointers, M. Michael, 2004, with the difference that
 * the announcement is not respected but taken away.) The directory itself begins as a new one that has version 0 in it,
 * moved to its name by rename(2), which fails when it would replace a directory that is not empty: so it is begun once,
 * and never empty.
 *
 * <p>The copy is only ever replaced by a newer one: whoever has named m deletes the copies announced for versions
 * before m, and later renames its own; a writer that announces its copy of an older one after that looks, finds m, and
 * gives up.
 *
 * <h2>Crashes</h2>
 *
 * Until the link the old version is the newest, from then on the new one, and both are whole: a process that dies
 * leaves at most an unfinished file, which the next write deletes. When power is lost between the link and the end of
 * forcing the directory, either may be there afterwards; nobody was told of the new one, since readers too force the
 * directory before they return a version for the first time. Pruning begins when the newer version is on the disk. A
 * damaged newest version is refused by its check sum, and never skipped.
 *
 * <h2>Limits</h2>
 *
 * All writers run on one machine. On NFS, SMB and the like, and on objects mounted as files, listings come from caches:
 * the common ones are refused. A token is compared when it writes: a successor that has to shut out its predecessor
 * before its own first write calls {@link #fence}. Content is at most {@value #CONTENT_BYTES_MAX} bytes, and about
 * eleven times the content lies on the disk.
 *
 * <p>Immutable and thread-safe; threads compete as processes do.
 */
public final class VersionedFile {
    /** Largest content: every write writes all of it twice, and every read checks all of it in memory. */
    public static final int CONTENT_BYTES_MAX = 16 << 20;

    /** Longest id of an operation, in characters. */
    public static final int OPERATION_ID_CHARS_MAX = 200;

    /**
     * Longest result of an operation, in bytes of UTF-8: it is written again with every version while it is remembered.
     */
    public static final int RESULT_BYTES_MAX = 4_096;

    /** For so long others may be faster, each time, before a writer gives up. */
    private static final long CONTENTION_NANOS_MAX = TimeUnit.SECONDS.toNanos(10);

    private static final long PAUSE_NANOS_FIRST = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long PAUSE_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(64);

    private final Path path;
    private final FileOptions options;
    private final VersionDirectory directory;
    private final Publication publication;

    private VersionedFile(Path path, FileOptions options) {
        this.path = path;
        this.options = options;
        this.directory = new VersionDirectory(path, options);
        this.publication = new Publication(directory, options);
    }

    /**
     * The file at a path. Nothing is read or made yet; the directory that it is in must exist.
     *
     * @throws IllegalArgumentException if the path has no name, or its file system is not a POSIX one
     */
    public static VersionedFile at(Path path) {
        return at(path, FileOptions.DEFAULT);
    }

    static VersionedFile at(Path path, FileOptions options) {
        Path absolute = path.toAbsolutePath().normalize();
        if (absolute.getFileName() == null) {
            throw new IllegalArgumentException(path + " names no file: name one in it");
        }
        if (!absolute.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            throw new IllegalArgumentException(path
                    + " is not on a POSIX file system, whose links the guard is made of: run it on "
                    + "Linux or macOS, or guard an object or a database row");
        }
        return new VersionedFile(absolute, options);
    }

    /**
     * The same file, remembering {@linkplain #once operations} for so long and so many. What is older, or has so many
     * later ones, is dropped by later writes; a retry that comes after that is done again. All writers should name the
     * same. The latest 16, or fewer if fewer are to be remembered, are whatever their age: a wrong clock does not have
     * them dropped.
     *
     * @param age a second to ten years, by the writers' wall clocks; 7 days unless said
     * @param count 1 to 1,024; 256 unless said
     * @throws IllegalArgumentException if one is out of its bounds
     */
    public VersionedFile retaining(Duration age, int count) {
        return new VersionedFile(path, options.retaining(age, count));
    }

    /**
     * The same file, its writes without the plain copy at its path, and so about half as long; and a file that may be
     * there is left alone.
     */
    public VersionedFile withoutPlainCopy() {
        return new VersionedFile(path, options.withoutPlainCopy());
    }

    /**
     * The newest version; empty if there was no write yet. Sees every write that was acknowledged, or read by anybody,
     * before the call.
     *
     * @throws FileDamagedException if it is not what was written
     * @throws UncheckedIOException if it cannot be read, or there is a plain file but no versions
     */
    public Optional<FileVersion> read() {
        try {
            return Optional.ofNullable(directory.newest().shown());
        } catch (IOException failed) {
            throw unchecked(failed);
        }
    }

    /**
     * Writes if the file has the expected version.
     *
     * @param expectedVersion 0 if there must have been no write
     * @param content up to {@value #CONTENT_BYTES_MAX} bytes
     * @throws StaleTokenException if a larger token has written; the term is over then, and nothing was written
     * @throws io.mandate.election.TermEndedException if the term is over by its own deadline; nothing was written
     * @throws FileDamagedException if the newest version is not what was written; nothing was written
     * @throws UncheckedIOException if the disk fails or the thread was interrupted; nothing was written, unless the
     *     message says so
     * @throws IllegalArgumentException if the content is too long
     * @throws IllegalStateException if the file belongs to another election
     */
    public FileWrite write(Term term, long expectedVersion, byte[] content) {
        if (expectedVersion < 0) {
            throw new IllegalArgumentException("there is no version " + expectedVersion + ": expect 0 or more");
        }
        FileContent own = FileContent.of(content);
        return attempt(term, () -> {
            Revision present = admit(term);
            if (present.version() == expectedVersion
                    && publication.publish(term, next(term, present, own, retained(present)))) {
                return new FileWrite.Written(expectedVersion + 1);
            }
            return new FileWrite.Conflict(admit(term).shown());
        });
    }

    /**
     * Replaces the content by what a function makes of it. The function is called again, with what is there then, if
     * somebody else was faster; it must not write to this file.
     *
     * @param change is given what is there, empty if there was no write yet
     * @return what was written
     * @throws UncheckedIOException as {@link #write}; or if others were faster for 10 s
     */
    public FileVersion update(Term term, Function<Optional<FileVersion>, byte[]> change) {
        return untilFirst(term, present -> {
            FileContent content = FileContent.of(change.apply(Optional.ofNullable(present.shown())));
            Revision next = next(term, present, content, retained(present));
            return Optional.ofNullable(publication.publish(term, next) ? next.shown() : null);
        });
    }

    /**
     * Does an operation once: its id and result become part of the version that its effect is in. If it was done
     * before, by whomever, the function is not called and the first result is returned. So a write whose outcome is
     * unknown is simply repeated, by this leader or by the next.
     *
     * @param operationId names the operation among those of the file: 1 to {@value #OPERATION_ID_CHARS_MAX} characters
     * @param operation as in {@link #update}
     * @return the result of the first time
     * @throws UncheckedIOException as {@link #update}
     * @throws IllegalArgumentException if the id or the result is out of bounds; nothing was written
     * @see #retaining
     */
    public String once(Term term, String operationId, Function<Optional<FileVersion>, FileEffect> operation) {
        requireOperationId(operationId);
        return untilFirst(term, present -> {
            Optional<String> before = CompletedOperation.result(present.operations(), operationId);
            if (before.isPresent()) {
                return before;
            }
            FileEffect effect = operation.apply(Optional.ofNullable(present.shown()));
            requireResult(operationId, effect.result());
            Instant now = Instant.ofEpochMilli(options.clock().millis());
            List<CompletedOperation> operations = CompletedOperation.with(
                    retained(present),
                    new CompletedOperation(operationId, effect.result(), now),
                    options.retentionCount());
            Revision next = next(term, present, effect.content(), operations);
            return publication.publish(term, next) ? Optional.of(effect.result()) : Optional.empty();
        });
    }

    /**
     * Shuts out the writers of earlier terms from now on, by writing the same content with this term's token; empty
     * content if there was no write yet. Does nothing if this term has written before.
     *
     * @throws UncheckedIOException as {@link #update}
     */
    public void fence(Term term) {
        untilFirst(term, present -> {
            boolean done = present.token() == term.token()
                    || publication.publish(term, next(term, present, present.content(), retained(present)));
            return done ? Optional.of(term) : Optional.empty();
        });
    }

    /** The newest version, if the term may write upon it. */
    private Revision admit(Term term) throws IOException {
        term.requireValid(Duration.ZERO);
        Revision present = directory.newest();
        if (present.version() > 0 && !present.election().equals(term.election())) {
            throw new IllegalStateException(path + " is guarded by election '" + present.election() + "', not by '"
                    + term.election() + "': tokens of two elections cannot be compared; give each its own file");
        }
        if (present.token() > term.token()) {
            throw StaleTokenException.of(path.toString(), term, present.token());
        }
        options.steps().accept(WriteStep.COMPARED);
        return present;
    }

    private static Revision next(
            Term term, Revision present, FileContent content, List<CompletedOperation> operations) {
        return new Revision(present.version() + 1, term.token(), term.election(), operations, content);
    }

    private List<CompletedOperation> retained(Revision present) {
        Instant oldest = options.clock().instant().minus(options.retentionAge());
        return CompletedOperation.retained(present.operations(), oldest, options.retentionCount());
    }

    private interface Write<R> {
        R done() throws IOException;
    }

    private interface WriteUpon<R> {
        /** Empty if somebody else was faster. */
        Optional<R> done(Revision present) throws IOException;
    }

    private <R> R untilFirst(Term term, WriteUpon<R> write) {
        return attempt(term, () -> {
            long began = System.nanoTime();
            for (long pauseNanos = PAUSE_NANOS_FIRST; ; pauseNanos = Math.min(PAUSE_NANOS_MAX, 2 * pauseNanos)) {
                Optional<R> result = write.done(admit(term));
                if (result.isPresent()) {
                    return result.get();
                }
                if (System.nanoTime() - began > CONTENTION_NANOS_MAX) {
                    throw new IOException(
                            "others were faster for " + TimeUnit.NANOSECONDS.toSeconds(CONTENTION_NANOS_MAX)
                                    + " s, and nothing was written: let fewer write at a time, or try again");
                }
                pause(pauseNanos);
            }
        });
    }

    private <R> R attempt(Term term, Write<R> write) {
        try {
            return write.done();
        } catch (ClosedByInterruptException interrupted) {
            // The usual reason to be interrupted is the end of the term, and then that is what is said.
            term.requireValid(Duration.ZERO);
            throw new UncheckedIOException(path + ": interrupted, and nothing was written", interrupted);
        } catch (IOException failed) {
            throw unchecked(failed);
        }
    }

    private UncheckedIOException unchecked(IOException failed) {
        return new UncheckedIOException(path + ": " + failed.getMessage(), failed);
    }

    /** Random, so that two writers that met once do not meet again each time. */
    private static void pause(long nanosMax) throws ClosedByInterruptException {
        try {
            TimeUnit.NANOSECONDS.sleep(ThreadLocalRandom.current().nextLong(nanosMax));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClosedByInterruptException();
        }
    }

    /** What UTF-8 cannot say would not be found again. */
    private static void requireText(String what, String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new IllegalArgumentException("the " + what + " '" + text
                    + "' has half a surrogate pair, which is no character: choose another one");
        }
    }

    private static void requireOperationId(String id) {
        if (id.isEmpty() || id.length() > OPERATION_ID_CHARS_MAX) {
            throw new IllegalArgumentException("the operation id '"
                    + id.substring(0, Math.min(id.length(), OPERATION_ID_CHARS_MAX)) + "' has " + id.length()
                    + " characters, not between 1 and " + OPERATION_ID_CHARS_MAX
                    + ": choose another one, or a hash of it");
        }
        requireText("operation id", id);
    }

    private static void requireResult(String operationId, String result) {
        int bytes = result.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > RESULT_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "the result of operation " + operationId + " has " + bytes + " bytes, more than " + RESULT_BYTES_MAX
                            + ": return a shorter one, and put the rest into the content");
        }
        requireText("result", result);
    }
}
