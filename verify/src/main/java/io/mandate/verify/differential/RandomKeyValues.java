package io.mandate.verify.differential;

import com.google.protobuf.ByteString;
import io.mandate.etcdapi.CompactionRequest;
import io.mandate.etcdapi.DeleteRangeRequest;
import io.mandate.etcdapi.PutRequest;
import io.mandate.etcdapi.RangeRequest;
import java.util.ArrayList;
import java.util.List;

/** Random ranges, puts, deletes and compactions, some of them deliberately wrong. */
final class RandomKeyValues {

    /** Few keys, so that requests meet each other's effects; odd bytes, so that no one takes keys for text. */
    private static final List<ByteString> KEYS = keys();

    private final SeededRandom dice;
    private final Model model;

    RandomKeyValues(SeededRandom dice, Model model) {
        this.dice = dice;
        this.model = model;
    }

    private static List<ByteString> keys() {
        List<ByteString> keys = new ArrayList<>();
        for (char letter = 'a'; letter <= 'e'; letter++) {
            keys.add(Requests.bytes(String.valueOf(letter)));
            for (int i = 0; i < 5; i++) {
                keys.add(Requests.bytes(letter + "/" + i));
            }
        }
        for (String odd : List.of(
                "\0", "\0\0", "\1", "a\0", "a\0b", "a/\u00ff", "b\u00ff", "\u00ff", "\u00ff\u00ff", "\u00ff\u00ffz")) {
            keys.add(Requests.bytes(odd));
        }
        keys.add(ByteString.copyFromUtf8("c/ключ"));
        keys.add(Requests.bytes("d/" + "long".repeat(100)));
        return List.copyOf(keys);
    }

    ByteString key() {
        if (dice.chance(2)) {
            return ByteString.EMPTY;
        }
        return dice.chance(4) ? Requests.bytes("e/new").concat(dice.bytes(3)) : dice.pick(KEYS);
    }

    /** Mostly a single key or a prefix; sometimes everything, nothing, or upside down. */
    ByteString rangeEnd(ByteString key) {
        int choice = dice.below(100);
        if (choice < 40) {
            return ByteString.EMPTY;
        } else if (choice < 65) {
            return Requests.prefixEnd(key);
        } else if (choice < 85) {
            return dice.pick(KEYS);
        } else if (choice < 96) {
            return Requests.ZERO;
        }
        return key;
    }

    ByteString value() {
        return dice.chance(2) ? dice.bytes(4096) : dice.bytes(dice.below(24));
    }

    RangeRequest range() {
        ByteString key = dice.chance(8) ? Requests.ZERO : key();
        RangeRequest.Builder request = RangeRequest.newBuilder()
                .setKey(key)
                .setRangeEnd(rangeEnd(key))
                .setSerializable(dice.chance(30))
                .setKeysOnly(dice.chance(15))
                .setCountOnly(dice.chance(10));
        if (dice.chance(35)) {
            request.setLimit(dice.pick(1L, 1L, 2L, 3L, 5L, 1000L, -1L, Long.MAX_VALUE));
        }
        if (dice.chance(35)) {
            request.setRevision(readRevision());
        }
        if (dice.chance(35)) {
            request.setSortOrderValue(dice.below(3))
                    // An unknown target ends the process of an etcd 3.5.
                    .setSortTargetValue(dice.below(5));
        }
        if (dice.chance(20)) {
            filter(request);
        }
        return request.build();
    }

    PutRequest put() {
        PutRequest.Builder request =
                PutRequest.newBuilder().setKey(key()).setValue(value()).setPrevKv(dice.chance(30));
        if (dice.chance(20)) {
            request.setLease(lease());
        }
        if (dice.chance(8)) {
            request.setIgnoreValue(true);
            if (dice.chance(80)) {
                request.clearValue();
            }
        }
        if (dice.chance(8)) {
            request.setIgnoreLease(true);
            if (dice.chance(80)) {
                request.clearLease();
            }
        }
        return request.build();
    }

    DeleteRangeRequest deleteRange() {
        ByteString key = key();
        // Whole-store deletes come often enough through random range ends.
        ByteString rangeEnd = dice.chance(60) ? ByteString.EMPTY : rangeEnd(key);
        return DeleteRangeRequest.newBuilder()
                .setKey(key)
                .setRangeEnd(rangeEnd)
                .setPrevKv(dice.chance(50))
                .build();
    }

    CompactionRequest compaction() {
        int choice = dice.below(100);
        long revision;
        if (choice < 55) {
            // Not too near the present, so that there is a past to read.
            long newest = Math.max(model.compactedRevision() + 1, model.revision() - 50);
            revision = dice.between(model.compactedRevision() + 1, newest);
        } else if (choice < 65) {
            revision = model.revision();
        } else if (choice < 80) {
            revision = dice.between(1, model.compactedRevision());
        } else if (choice < 90) {
            revision = model.revision() + dice.pick(1, 2, 1000);
        } else {
            revision = dice.pick(0L, -1L, -1000L, Long.MIN_VALUE, Long.MAX_VALUE);
        }
        return CompactionRequest.newBuilder()
                .setRevision(revision)
                .setPhysical(dice.chance(40))
                .build();
    }

    /** A revision to read at: mostly one that can be read. */
    long readRevision() {
        int choice = dice.below(100);
        if (choice < 65) {
            return dice.between(Math.max(model.compactedRevision(), 1), model.revision());
        } else if (choice < 75) {
            return model.revision();
        } else if (choice < 85) {
            return Math.max(0, model.compactedRevision() - dice.between(0, 5));
        } else if (choice < 95) {
            return model.revision() + dice.between(1, 3);
        }
        return dice.pick(-1L, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    /** A lease that lives, mostly. */
    long lease() {
        return model.leases().isEmpty() || dice.chance(8)
                ? dice.pick(0L, 123_456_789L, -1L)
                : dice.pick(model.leases());
    }

    private void filter(RangeRequest.Builder request) {
        long revision = dice.between(1, model.revision() + 2);
        switch (dice.below(5)) {
            case 0 -> request.setMinModRevision(revision);
            case 1 -> request.setMaxModRevision(revision);
            case 2 -> request.setMinCreateRevision(revision);
            case 3 -> request.setMaxCreateRevision(revision);
            default -> request.setMinModRevision(revision).setMaxModRevision(revision + dice.below(20) - 2);
        }
    }
}
