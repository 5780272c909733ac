package io.mandate.server.log;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/**
 * A disk whose power can fail at any operation. Each unforced change is then kept, lost or torn at random: each sector
 * of a write, each change of a size, each name in the directory independently, in any order.
 */
final class SimulatedDisk implements LogDisk {
    private static final int SECTOR_BYTES = 64;

    /** A fault of a log, planted in its disk. */
    enum PlantedFault {
        FORCE_SKIPPED,
        DIRECTORY_NOT_FORCED,
        CHECKSUM_IGNORED,
        TRUNCATION_NOT_FORCED,
        RECOVERED_TAIL_NOT_FORCED
    }

    static final class PowerCut extends IOException {
        private static final long serialVersionUID = 1;
    }

    private final SplittableRandom random;
    private final EnumSet<PlantedFault> faults;
    private final TreeMap<String, Content> names = new TreeMap<>();
    private final TreeMap<String, Content> durableNames = new TreeMap<>();
    private long operationsLeft;
    private boolean wroteSinceOpen;
    int forces;

    SimulatedDisk(SplittableRandom random, EnumSet<PlantedFault> faults) {
        this.random = random;
        this.faults = faults;
    }

    /** Starts the process, whose power fails after {@code operations} operations. */
    void run(long operations) {
        operationsLeft = operations;
        wroteSinceOpen = false;
    }

    private void operation() throws PowerCut {
        if (operationsLeft <= 0) {
            throw new PowerCut();
        }
        operationsLeft--;
    }

    /** Determines the state after a power failure. */
    void powerFailed() {
        for (String name : List.copyOf(union(names, durableNames).keySet())) {
            if (random.nextBoolean()) {
                put(names, name, durableNames.get(name));
            }
            put(durableNames, name, names.get(name));
        }
        int lossMode = random.nextInt(4);
        names.values().forEach(content -> content.powerFailed(lossMode));
    }

    private static Map<String, Content> union(Map<String, Content> one, Map<String, Content> other) {
        Map<String, Content> both = new TreeMap<>(one);
        both.putAll(other);
        return both;
    }

    private static void put(Map<String, Content> map, String name, @Nullable Content content) {
        if (content == null) {
            map.remove(name);
        } else {
            map.put(name, content);
        }
    }

    int files() {
        return names.size();
    }

    @Override
    public List<String> names() {
        return List.copyOf(names.keySet());
    }

    @Override
    public LogFile create(String name) throws IOException {
        operation();
        if (names.containsKey(name)) {
            throw new FileAlreadyExistsException(name);
        }
        Content content = new Content();
        names.put(name, content);
        return content;
    }

    @Override
    public LogFile open(String name) throws IOException {
        Content content = names.get(name);
        if (content == null) {
            throw new FileNotFoundException(name);
        }
        return content;
    }

    @Override
    public void delete(String name) throws IOException {
        operation();
        names.remove(name);
    }

    @Override
    public void force() throws IOException {
        operation();
        if (!faults.contains(PlantedFault.DIRECTORY_NOT_FORCED)) {
            durableNames.clear();
            durableNames.putAll(names);
        }
    }

    @Override
    public Checksum checksum() {
        return faults.contains(PlantedFault.CHECKSUM_IGNORED) ? new NoChecksum() : new CRC32C();
    }

    @Override
    public String toString() {
        return "simulated";
    }

    /** A file: its durable content, and the changes since. */
    private final class Content implements LogFile {
        private byte[] bytes = {};
        private byte[] durable = {};
        private final List<DiskChange> changes = new ArrayList<>();
        private boolean onlyTruncation;

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public void write(ByteBuffer from, long position) throws IOException {
            byte[] written = new byte[from.remaining()];
            boolean records = written.length >= LogRecord.HEADER_BYTES && from.getInt(from.position() + 8) != 0;
            if (records) {
                onlyTruncation = written.length == LogRecord.bytes(0)
                        && from.getInt(from.position() + 8) == RecordType.TRUNCATE_SUFFIX.code;
                wroteSinceOpen = true;
            }
            from.get(written);
            for (int at = 0; at < written.length; at += SECTOR_BYTES) {
                changes.add(new DiskChange(
                        position + at, Arrays.copyOfRange(written, at, Math.min(written.length, at + SECTOR_BYTES))));
            }
            bytes = applied(bytes, new DiskChange(position, written));
            operation();
        }

        @Override
        public void read(ByteBuffer into, long position) throws IOException {
            int count = (int) Math.min(into.remaining(), bytes.length - position);
            into.put(bytes, (int) position, Math.max(0, count));
        }

        @Override
        public void force() throws IOException {
            forces++;
            operation();
            boolean skipped = faults.contains(PlantedFault.FORCE_SKIPPED)
                    || (faults.contains(PlantedFault.TRUNCATION_NOT_FORCED) && onlyTruncation)
                    || (faults.contains(PlantedFault.RECOVERED_TAIL_NOT_FORCED) && !wroteSinceOpen);
            if (!skipped) {
                durable = bytes;
                changes.clear();
            }
        }

        @Override
        public void truncate(long size) throws IOException {
            if (size < bytes.length) {
                changes.add(new DiskChange(size, null));
                bytes = Arrays.copyOf(bytes, (int) size);
            }
            operation();
        }

        @Override
        public void close() {}

        /**
         * Applies a power failure.
         *
         * @param lossMode 0: all unforced changes are lost; 1: none is; otherwise each at random
         */
        void powerFailed(int lossMode) {
            byte[] left = durable;
            for (DiskChange change : changes) {
                if (lossMode == 1 || (lossMode != 0 && random.nextInt(3) != 0)) {
                    boolean torn = lossMode == 3 && change.bytes != null && random.nextInt(4) == 0;
                    left = applied(left, torn ? change.torn(random) : change);
                }
            }
            bytes = left;
            durable = left;
            changes.clear();
        }
    }

    private static byte[] applied(byte[] to, DiskChange change) {
        if (change.bytes == null) {
            return Arrays.copyOf(to, (int) Math.min(change.position, to.length));
        }
        byte[] result = Arrays.copyOf(to, (int) Math.max(to.length, change.position + change.bytes.length));
        System.arraycopy(change.bytes, 0, result, (int) change.position, change.bytes.length);
        return result;
    }

    /** A write of a sector, or a truncation if there are no bytes. */
    private static final class DiskChange {
        private final long position;
        private final byte @Nullable [] bytes;

        DiskChange(long position, byte @Nullable [] bytes) {
            this.position = position;
            this.bytes = bytes;
        }

        DiskChange torn(SplittableRandom random) {
            byte[] torn = Objects.requireNonNull(bytes).clone();
            for (int at = random.nextInt(torn.length); at < torn.length; at++) {
                torn[at] = (byte) random.nextInt(256);
            }
            return new DiskChange(position, torn);
        }
    }

    private static final class NoChecksum implements Checksum {
        @Override
        public void update(int b) {}

        @Override
        public void update(byte[] b, int from, int length) {}

        @Override
        public long getValue() {
            return 0;
        }

        @Override
        public void reset() {}
    }
}
