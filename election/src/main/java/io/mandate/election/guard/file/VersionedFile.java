package io.mandate.election.guard.file;

import io.mandate.election.Term;
import io.mandate.election.guard.StaleTokenException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A file with versions, which takes a write only from a term that is not older than the last writer's, and upon the version that the writer has seen. For
 * processes of one machine, or of several on a shared POSIX file system with hard links; Windows and object stores are not among them.
 *
 * <p>On the disk it is a directory. Version 42 is the file {@code v42} in it: a few lines that say which token wrote it, an empty line, and the content.
 *
 * <p><b>How a stale writer is refused.</b> A writer reads the newest version n, compares its token, makes version n+1 under another name, forces it to the disk, and gives it
 * its name with link(2), which fails if that name is taken. So there is one version n+1, whoever was paused when and wherever; and tokens never decrease from one
 * version to the next, because the writer of each has compared with the one before. No lock is held, so a paused process keeps nobody waiting.
 *
 * <p>Only the last {@value #VERSIONS_KEPT} versions are kept, which would let a writer that was paused for long enough take a name that has become free again. Names up to h-{@value
 * #VERSIONS_KEPT} only are freed while h is the newest version, so a writer looks once more after it took a name: if that is among the last
 * {@value #VERSIONS_KEPT} it was never free before. If not, the newest version tells which write made those before it, for the last {@value #WRITES_REMEMBERED}.
 *
 * <p><b>Durability.</b> Content is forced before it has its name, and the name before the write is acknowledged. A crash leaves the old version or the new one.
 *
 * <p>Thread-safe.
 */
public final class VersionedFile {
    /** Largest content. */
    public static final int CONTENT_BYTES_MAX = 64 << 20;

    /** Longest id of an operation, in bytes of UTF-8. */
    public static final int OPERATION_ID_BYTES_MAX = 256;

    /** Longest result of an operation, in bytes of UTF-8. */
    public static final int RESULT_BYTES_MAX = 4_096;

    /** Operations that are remembered, at most: each is written again with every version. */
    public static final int OPERATIONS_MAX = 256;

    /** How long an operation is remembered. */
    public static final Duration OPERATION_AGE_MAX = Duration.ofDays(7);

    static final int VERSIONS_KEPT = 16;
    static final int WRITES_REMEMBERED = 64;

    /** Others that write at the same time make one try again; so many in a row do not happen by chance. */
    private static final int TRIES_MAX = 1_000;

    private final VersionDirectory directory;
    private final Clock clock;
    private final Runnable beforePublishing;

    private VersionedFile(Path path, Clock clock, Runnable beforePublishing) throws IOException {
        this.directory = new VersionDirectory(path);
        this.clock = clock;
        this.beforePublishing = beforePublishing;
    }

    /**
     * The file at a path; its directory is made if there is none.
     *
     * @throws UncheckedIOException if that cannot be
     */
    public static VersionedFile at(Path path) {
        return at(path, Clock.systemUTC(), () -> {});
    }

    /** For tests that stop a writer where it hurts. */
    static VersionedFile at(Path path, Clock clock, Runnable beforePublishing) {
        try {
            return new VersionedFile(path, clock, beforePublishing);
        } catch (IOException failed) {
            throw new UncheckedIOException(
                    "cannot make the versioned file " + path + ": " + failed.getMessage(), failed);
        }
    }

    /**
     * The newest version; empty if there never was one. Sees every write that was acknowledged before the call, by whichever process.
     *
     * @throws FileDamagedException if it is not what was written
     */
    public Optional<FileVersion> read() {
        return attempt(() -> Optional.ofNullable(newest())).map(VersionedFile::shown);
    }

    /**
     * Writes if the file has the expected version.
     *
     * @param expectedVersion 0 for none
     * @throws StaleTokenException if a later term has written
     * @throws io.mandate.election.TermEndedException if the term is over by its own deadline
     * @throws IllegalArgumentException if the content is too long
     */
    public FileWrite write(Term term, long expectedVersion, byte[] content) {
        byte[] own = content.clone();
        return attempt(() -> {
            Revision present = admitting(term);
            long version = present == null ? 0 : present.version;
            if (version == expectedVersion && publish(term, present, own, operations(present))) {
                return new FileWrite.Written(version + 1);
            }
            Revision now = admitting(term);
            return new FileWrite.Conflict(now == null ? null : shown(now));
        });
    }

    /**
     * Replaces the content by what a function makes of it; the function is called again if somebody else was faster.
     *
     * @return the version written
     */
    public FileVersion update(Term term, Function<Optional<FileVersion>, byte[]> change) {
        return attempt(() -> {
            for (int i = 0; i < TRIES_MAX; i++) {
                Revision present = admitting(term);
                byte[] content = change.apply(Optional.ofNullable(present).map(VersionedFile::shown))
                        .clone();
                if (publish(term, present, content, operations(present))) {
                    return new FileVersion(present == null ? 1 : present.version + 1, term.token(), content);
                }
            }
            throw tooBusy();
        });
    }

    /**
     * Does an operation once, whoever asks for it how often: its id and result are written with its effect. Remembered are the latest {@value #OPERATIONS_MAX}, for
     * 7 days.
     *
     * @return the result, of the first time
     */
    public String once(Term term, String operationId, Function<Optional<FileVersion>, FileEffect> operation) {
        requireBytes("operation id", operationId, 1, OPERATION_ID_BYTES_MAX);
        return attempt(() -> {
            for (int i = 0; i < TRIES_MAX; i++) {
                Revision present = admitting(term);
                Map<String, Revision.Done> operations = operations(present);
                Revision.Done before = operations.get(operationId);
                if (before != null) {
                    return before.result();
                }
                FileEffect effect = operation.apply(Optional.ofNullable(present).map(VersionedFile::shown));
                requireBytes("result", effect.result(), 0, RESULT_BYTES_MAX);
                operations.put(operationId, new Revision.Done(clock.instant(), effect.result()));
                if (publish(term, present, effect.content(), operations)) {
                    return effect.result();
                }
            }
            throw tooBusy();
        });
    }

    /** Shuts out the writers of earlier terms now, and not only with the first write: the content stays. Does nothing if there is no version yet. */
    public void fence(Term term) {
        Optional<Revision> present = attempt(() -> Optional.ofNullable(admitting(term)));
        if (present.isPresent() && present.get().token < term.token()) {
            update(term, current -> current.map(FileVersion::bytes).orElse(new byte[0]));
        }
    }

    /** The newest version, if the term may write upon it. */
    private @Nullable Revision admitting(Term term) throws IOException {
        Revision present = newest();
        if (present != null && present.token > term.token()) {
            throw StaleTokenException.of(directory.toString(), term, present.token);
        }
        return present;
    }

    private @Nullable Revision newest() throws IOException {
        for (int i = 0; i < TRIES_MAX; i++) {
            List<Long> versions = directory.versions();
            if (versions.isEmpty()) {
                return null;
            }
            long version = versions.get(versions.size() - 1);
            Optional<byte[]> bytes = bytes(directory.path(version));
            if (bytes.isPresent()) {
                return Revision.parse(
                        bytes.get(), version, directory.path(version).toString());
            }
        }
        throw tooBusy();
    }

    /** Empty if so many versions came after this one meanwhile that it is not kept any more. */
    private static Optional<byte[]> bytes(Path version) throws IOException {
        try {
            return Optional.of(Files.readAllBytes(version));
        } catch (NoSuchFileException overtaken) {
            return Optional.empty();
        }
    }

    /** Whether this made the version after {@code present}. */
    private boolean publish(
            Term term, @Nullable Revision present, byte[] content, Map<String, Revision.Done> operations)
            throws IOException {
        if (content.length > CONTENT_BYTES_MAX) {
            throw new IllegalArgumentException("a content of " + content.length + " bytes is longer than "
                    + CONTENT_BYTES_MAX + ": split it into several files");
        }
        Revision next = new Revision(
                present == null ? 1 : present.version + 1,
                term.token(),
                UUID.randomUUID().toString(),
                present == null ? Map.of() : present.writesSoFar(WRITES_REMEMBERED),
                operations,
                content);
        byte[] bytes = next.bytes();
        term.requireValid(Duration.ZERO);
        beforePublishing.run();
        if (!directory.publish(next.version, bytes)) {
            return false;
        }
        return wasFirst(next);
    }

    /** Whether the name that was free had never been taken before; see the class's comment. */
    private boolean wasFirst(Revision mine) throws IOException {
        List<Long> versions = directory.versions();
        long newest = versions.isEmpty() ? mine.version : versions.get(versions.size() - 1);
        if (mine.version > newest - VERSIONS_KEPT) {
            directory.prune(newest - VERSIONS_KEPT);
            return true;
        }
        Revision latest = newest();
        String accepted = latest == null
                ? null
                : latest.writesSoFar(WRITES_REMEMBERED + 1).get(mine.version);
        if (mine.writeId.equals(accepted)) {
            return true;
        }
        directory.prune(newest - VERSIONS_KEPT);
        if (accepted == null) {
            throw new IOException("whether version " + mine.version + " of " + directory
                    + " was written cannot be told any more, " + newest + " is the newest: read it and decide");
        }
        return false;
    }

    /** What is remembered, without what is too old, and with room for one more. */
    private Map<String, Revision.Done> operations(@Nullable Revision present) {
        Map<String, Revision.Done> kept = new LinkedHashMap<>(present == null ? Map.of() : present.operations);
        Instant oldest = clock.instant().minus(OPERATION_AGE_MAX);
        kept.values().removeIf(done -> done.at().isBefore(oldest));
        while (kept.size() >= OPERATIONS_MAX) {
            kept.remove(kept.keySet().iterator().next());
        }
        return kept;
    }

    private static FileVersion shown(Revision revision) {
        return new FileVersion(revision.version, revision.token, revision.content);
    }

    private static void requireBytes(String what, String text, int least, int most) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes < least || bytes > most) {
            throw new IllegalArgumentException("the " + what + " has " + bytes + " bytes of UTF-8, not between " + least
                    + " and " + most + ": choose a shorter one");
        }
    }

    private IOException tooBusy() {
        return new IOException(TRIES_MAX + " others in a row were faster to write " + directory + ": write less often");
    }

    private interface FileWork<R> {
        R run() throws IOException;
    }

    private <R> R attempt(FileWork<R> work) {
        try {
            return work.run();
        } catch (IOException failed) {
            throw new UncheckedIOException(directory + ": " + failed.getMessage(), failed);
        }
    }
}
