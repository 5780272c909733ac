package io.mandate.election.guard.file;

import java.io.ByteArrayOutputStream;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One version as it is on the disk: some lines of text, an empty one, and the content as it is.
 *
 * <pre>
 * mandate-file 1
 * version 42
 * token 7
 * write 6f1d…            which write made this version
 * before 41 9a30…        which ones made those before
 * operation 1767225600000 invoice-7 done        what was done once, when, and with which result
 * check 2c26…            SHA-256 of the lines above and the content
 *
 * content
 * </pre>
 */
final class Revision {
    /** An operation that was done. */
    record Done(Instant at, String result) {}

    private static final String FORMAT = "mandate-file 1";

    final long version;
    final long token;
    final String writeId;
    /** By version, the older first. */
    final Map<Long, String> writesBefore;
    /** By operation id, the older first. */
    final Map<String, Done> operations;

    final byte[] content;

    Revision(
            long version,
            long token,
            String writeId,
            Map<Long, String> writesBefore,
            Map<String, Done> operations,
            byte[] content) {
        this.version = version;
        this.token = token;
        this.writeId = writeId;
        this.writesBefore = writesBefore;
        this.operations = operations;
        this.content = content;
    }

    byte[] bytes() {
        StringBuilder lines = new StringBuilder();
        line(lines, FORMAT);
        line(lines, "version " + version);
        line(lines, "token " + token);
        line(lines, "write " + writeId);
        writesBefore.forEach((before, id) -> line(lines, "before " + before + " " + id));
        operations.forEach((id, done) ->
                line(lines, "operation " + done.at().toEpochMilli() + " " + encode(id) + " " + encode(done.result())));
        byte[] head = lines.toString().getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(head.length + content.length + 80);
        bytes.writeBytes(head);
        bytes.writeBytes(("check " + check(head, content) + "\n\n").getBytes(StandardCharsets.UTF_8));
        bytes.writeBytes(content);
        return bytes.toByteArray();
    }

    private static void line(StringBuilder lines, String line) {
        lines.append(line).append('\n');
    }

    /** @throws FileDamagedException if these are not bytes that {@link #bytes} made for this version */
    static Revision parse(byte[] bytes, long version, String file) {
        try {
            return parse(bytes, version);
        } catch (IllegalArgumentException | IndexOutOfBoundsException damaged) {
            throw new FileDamagedException(file + " is damaged (" + damaged.getMessage()
                    + "): restore it from a backup, or remove it to go back to the version before");
        }
    }

    private static Revision parse(byte[] bytes, long expectedVersion) {
        int at = 0;
        long version = -1;
        long token = -1;
        String writeId = "";
        Map<Long, String> writesBefore = new LinkedHashMap<>();
        Map<String, Done> operations = new LinkedHashMap<>();
        while (true) {
            int end = endOfLine(bytes, at);
            List<String> words = Arrays.asList(new String(bytes, at, end - at, StandardCharsets.UTF_8).split(" ", -1));
            switch (words.get(0)) {
                case "mandate-file" -> require(at == 0 && words.get(1).equals("1"), "unknown format");
                case "version" -> version = Long.parseLong(words.get(1));
                case "token" -> token = Long.parseLong(words.get(1));
                case "write" -> writeId = words.get(1);
                case "before" -> writesBefore.put(Long.parseLong(words.get(1)), words.get(2));
                case "operation" ->
                    operations.put(
                            decode(words.get(2)),
                            new Done(Instant.ofEpochMilli(Long.parseLong(words.get(1))), decode(words.get(3))));
                case "check" -> {
                    require(endOfLine(bytes, end + 1) == end + 1, "no empty line before the content");
                    byte[] content = Arrays.copyOfRange(bytes, end + 2, bytes.length);
                    require(
                            words.get(1).equals(check(Arrays.copyOf(bytes, at), content)),
                            "its check sum is not that of its content");
                    require(version == expectedVersion, "it says that it is version " + version);
                    return new Revision(version, token, writeId, writesBefore, operations, content);
                }
                default -> throw new IllegalArgumentException("unknown line at byte " + at);
            }
            at = end + 1;
        }
    }

    private static int endOfLine(byte[] bytes, int from) {
        for (int at = from; at < bytes.length; at++) {
            if (bytes[at] == '\n') {
                return at;
            }
        }
        throw new IllegalArgumentException("it ends after " + bytes.length + " bytes, in the middle of its head");
    }

    private static void require(boolean right, String otherwise) {
        if (!right) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static String check(byte[] head, byte[] content) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(head);
            digest.update(content);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java platform has SHA-256", impossible);
        }
    }

    /** Who made this version and those before it, as the next version tells it. */
    Map<Long, String> writesSoFar(int count) {
        List<Map.Entry<Long, String>> all = new ArrayList<>(writesBefore.entrySet());
        all.add(Map.entry(version, writeId));
        Map<Long, String> latest = new LinkedHashMap<>();
        all.subList(Math.max(0, all.size() - count), all.size())
                .forEach(write -> latest.put(write.getKey(), write.getValue()));
        return latest;
    }
}
