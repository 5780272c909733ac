package io.mandate.election.internal.store;

import io.mandate.election.store.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All keys that are alike up to their last slash, in one record: so that each change of one of them is one write,
 * numbered by a counter that outlives them.
 *
 * @param writes how many writes of keys there have been: the version of the last one
 * @param entries those created first first
 * @param children what the directories below begin with after this one's name, each with its slash: for lists of all of
 *     them
 */
public record DirectoryRecord(long writes, List<Entry> entries, Set<String> children) {
    public static final DirectoryRecord EMPTY = new DirectoryRecord(0, List.of(), Set.of());

    private static final String KIND = "mandate-keys-1";

    public DirectoryRecord {
        entries = List.copyOf(entries);
        children = Set.copyOf(children);
    }

    /** What a key's directory is called: the key up to its last slash. */
    public static String nameFor(String key) {
        return key.substring(0, key.lastIndexOf('/') + 1);
    }

    @Nullable
    public Entry find(String key) {
        for (Entry entry : entries) {
            if (entry.key().equals(key)) {
                return entry;
            }
        }
        return null;
    }

    public DirectoryRecord without(Predicate<Entry> gone) {
        return new DirectoryRecord(
                writes, entries.stream().filter(gone.negate()).toList(), children);
    }

    /**
     * With one more write: of a key that is there, or of a new one. The entry is the one that {@link #find} then finds.
     */
    public DirectoryRecord with(String key, String value, long leaseId) {
        long version = Math.addExact(writes, 1);
        List<Entry> next = new ArrayList<>(entries);
        for (int i = 0; i < next.size(); i++) {
            if (next.get(i).key().equals(key)) {
                next.set(i, new Entry(key, value, version, next.get(i).creation(), leaseId));
                return new DirectoryRecord(version, next, children);
            }
        }
        next.add(new Entry(key, value, version, version, leaseId));
        return new DirectoryRecord(version, next, children);
    }

    public DirectoryRecord withChild(String child) {
        Set<String> next = new TreeSet<>(children);
        next.add(child);
        return new DirectoryRecord(writes, entries, next);
    }

    public String content() {
        RecordText.Writer writer =
                new RecordText.Writer().text(KIND).number(writes).number(entries.size());
        for (Entry entry : entries) {
            writer.text(entry.key())
                    .text(entry.value())
                    .number(entry.version())
                    .number(entry.creation())
                    .number(entry.leaseId());
        }
        writer.number(children.size());
        new TreeSet<>(children).forEach(writer::text);
        return writer.toString();
    }

    /**
     * The directory that a record holds.
     *
     * @throws IllegalArgumentException if the record is of another kind
     */
    public static DirectoryRecord of(String content) {
        RecordText.Reader reader = new RecordText.Reader(content);
        String kind = reader.text();
        if (!kind.equals(KIND)) {
            throw new IllegalArgumentException("it is of the kind " + kind + " and not " + KIND);
        }
        long writes = reader.number();
        List<Entry> entries = new ArrayList<>();
        for (long left = reader.number(); left > 0; left--) {
            entries.add(new Entry(reader.text(), reader.text(), reader.number(), reader.number(), reader.number()));
        }
        Set<String> children = new TreeSet<>();
        for (long left = reader.number(); left > 0; left--) {
            children.add(reader.text());
        }
        return new DirectoryRecord(writes, entries, children);
    }
}
