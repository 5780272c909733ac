package io.mandate.election.guard.file;

import io.mandate.election.Term;
import io.mandate.election.guard.FixedTerm;
import io.mandate.election.guard.StaleTokenException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A process that writes to a file, and says on its standard output what has been acknowledged to it.
 *
 * <pre>
 * count PATH TOKEN TIMES      adds one so often (0: for ever), each time saying "added N"
 * stop PATH TOKEN STEP        adds one, but at that step says "at STEP" and waits for a line; then says "added N" or
 *                             "refused TOKEN"
 * </pre>
 */
final class FileWriterProcess {
    private FileWriterProcess() {}

    public static void main(String[] args) {
        Path path = Path.of(args[1]);
        Term term = FixedTerm.of(Long.parseLong(args[2]));
        say("ready");
        if (args[0].equals("count")) {
            int times = Integer.parseInt(args[3]);
            VersionedFile file = VersionedFile.at(path);
            for (int i = 0; times == 0 || i < times; i++) {
                say("added " + add(file, term));
            }
            return;
        }
        WriteStep stop = WriteStep.valueOf(args[3]);
        AtomicBoolean once = new AtomicBoolean();
        VersionedFile file = FilesForTests.at(path, FileOptions.VERSIONS_KEPT, step -> {
            if (step == stop && once.compareAndSet(false, true)) {
                say("at " + stop);
                awaitLine();
            }
        });
        try {
            say("added " + add(file, term));
        } catch (StaleTokenException refused) {
            say("refused " + refused.largestToken());
        }
    }

    static long add(VersionedFile file, Term term) {
        return Long.parseLong(file.update(
                        term,
                        present -> Long.toString(1
                                        + present.map(FileVersion::text)
                                                .map(Long::parseLong)
                                                .orElse(0L))
                                .getBytes(StandardCharsets.UTF_8))
                .text());
    }

    private static void awaitLine() {
        try {
            if (System.in.read() < 0) {
                throw new IllegalStateException("nobody waits for this process any more");
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static void say(String what) {
        System.out.println(what);
        System.out.flush();
    }
}
