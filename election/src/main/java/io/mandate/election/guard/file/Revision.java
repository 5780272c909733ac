package io.mandate.election.guard.file;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A version with all that has to change together with it. On the disk: a head of lines, an empty line, and the content
 * as it is.
 *
 * <pre>
 * mandate-file 1
 * version 42
 * token 7
 * election 7 billing                  bytes, name
 * operations 1
 * operation 1767225600000 9 4         when, bytes of the id, bytes of the result; both follow
 * invoice-7done
 * content 12                          bytes
 * sha256 2c26b46b…                    of the lines above and the content
 *
 * Hello, file!
 * </pre>
 *
 * @param election whose tokens these are; empty before the first write
 * @param operations those done last, the oldest first
 */
record Revision(long version, long token, String election, List<CompletedOperation> operations, FileContent content) {
    /** Before the first write. */
    static final Revision NONE = new Revision(0, 0, "", List.of(), FileContent.EMPTY);

    /** More than the largest head can have; a larger file was not written by us, and is not read into memory. */
    private static final int HEAD_BYTES_MAX = 8 << 20;

    static final int FILE_BYTES_MAX = HEAD_BYTES_MAX + VersionedFile.CONTENT_BYTES_MAX;

    private static final String FORMAT = "mandate-file 1";
    private static final String CHECK = "sha256 ";

    Revision {
        operations = List.copyOf(operations);
    }

    /** Null before the first write. */
    @Nullable
    FileVersion shown() {
        return version == 0 ? null : new FileVersion(version, token, content);
    }

    byte[] encoded() {
        byte[] head = head();
        byte[] check = (CHECK + check(head, content) + "\n\n").getBytes(StandardCharsets.UTF_8);
        if (head.length + check.length > HEAD_BYTES_MAX) {
            throw new AssertionError("the limits of operations allow for a head of " + head.length + " bytes");
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream(head.length + check.length + content.size());
        file.writeBytes(head);
        file.writeBytes(check);
        file.writeBytes(content.bytes());
        return file.toByteArray();
    }

    private byte[] head() {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        line(head, FORMAT);
        line(head, "version " + version);
        line(head, "token " + token);
        line(head, "election " + bytes(election).length + " " + election);
        line(head, "operations " + operations.size());
        for (CompletedOperation operation : operations) {
            line(
                    head,
                    "operation " + operation.at().toEpochMilli() + " " + bytes(operation.id()).length + " "
                            + bytes(operation.result()).length);
            line(head, operation.id() + operation.result());
        }
        line(head, "content " + content.size());
        return head.toByteArray();
    }

    private static void line(ByteArrayOutputStream head, String line) {
        head.writeBytes(bytes(line));
        head.write('\n');
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String check(byte[] head, FileContent content) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(head);
            digest.update(content.buffer());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java platform has SHA-256", impossible);
        }
    }

    /**
     * The other way round.
     *
     * @param version that the file's name says it is
     * @throws FileDamagedException if the bytes are not what {@link #encoded} made for that version
     */
    static Revision decode(byte[] file, long version, Path name) {
        try {
            return new Decoder(file).revision(version);
        } catch (IllegalArgumentException damage) {
            throw new FileDamagedException(name, String.valueOf(damage.getMessage()));
        }
    }

    /** Reads from the front to the back. What it finds wrong is an {@link IllegalArgumentException}. */
    private static final class Decoder {
        private final byte[] file;
        private int at;

        Decoder(byte[] file) {
            this.file = file;
        }

        Revision revision(long expectedVersion) {
            require(text(FORMAT.length() + 1).equals(FORMAT + "\n"), "it does not begin with '" + FORMAT + "'");
            long version = numberLine("version ");
            long token = numberLine("token ");
            expect("election ");
            int electionBytes = length(' ');
            String election = text(electionBytes);
            expect("\n");
            List<CompletedOperation> operations = operations();
            int contentBytes = Math.toIntExact(Math.min(Integer.MAX_VALUE, numberLine("content ")));
            byte[] head = Arrays.copyOf(file, at);
            expect(CHECK);
            String check = text(64);
            expect("\n\n");
            require(
                    contentBytes == file.length - at,
                    "its content has " + (file.length - at) + " bytes, not " + contentBytes);
            FileContent content = FileContent.of(Arrays.copyOfRange(file, at, file.length));
            require(check.equals(check(head, content)), "its content or head is not what the check sum was made of");
            require(version == expectedVersion, "it says that it is version " + version);
            return new Revision(version, token, election, operations, content);
        }

        private List<CompletedOperation> operations() {
            long count = numberLine("operations ");
            List<CompletedOperation> operations = new ArrayList<>();
            for (long i = 0; i < count; i++) {
                expect("operation ");
                Instant when = Instant.ofEpochMilli(number(' '));
                int idBytes = length(' ');
                int resultBytes = length('\n');
                operations.add(new CompletedOperation(text(idBytes), text(resultBytes), when));
                expect("\n");
            }
            return operations;
        }

        private long numberLine(String word) {
            expect(word);
            return number('\n');
        }

        private int length(char end) {
            return (int) Math.min(file.length, number(end));
        }

        private long number(char end) {
            int from = at;
            while (at < file.length && file[at] != end && at - from < 20) {
                at++;
            }
            String digits = new String(file, from, at - from, StandardCharsets.US_ASCII);
            expect(String.valueOf(end));
            require(digits.matches("\\d{1,19}"), "there is no number at byte " + from);
            return Long.parseLong(digits);
        }

        private void expect(String text) {
            int from = at;
            require(text(text.length()).equals(text), "there is no '" + text.strip() + "' at byte " + from);
        }

        private String text(int bytes) {
            require(bytes <= file.length - at, "it ends after " + file.length + " bytes, within its head");
            at += bytes;
            return new String(file, at - bytes, bytes, StandardCharsets.UTF_8);
        }

        private static void require(boolean right, String otherwise) {
            if (!right) {
                throw new IllegalArgumentException(otherwise);
            }
        }
    }
}
