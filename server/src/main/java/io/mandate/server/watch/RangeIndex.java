package io.mandate.server.watch;

import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.KeyRange;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the ranges that contain a key, in O(log n + found): a treap over the starts of the ranges in which every node
 * knows the largest end in its subtree (an interval tree; Cormen et al., Introduction to Algorithms, 14.3). Single keys
 * are in a hash map beside it. One value per range. Not thread-safe.
 */
final class RangeIndex<T> {
    private static final class Node<T> {
        final KeyRange range;
        final long priority;
        final T value;

        /** The largest end in this subtree; null if one is open-ended. */
        @Nullable
        Bytes maxEnd;

        @Nullable
        Node<T> left;

        @Nullable
        Node<T> right;

        Node(KeyRange range, T value, long priority) {
            this.range = range;
            this.value = value;
            this.priority = priority;
            update();
        }

        @Nullable
        Bytes ownEnd() {
            return range.isOpenEnded() ? null : range.end();
        }

        void update() {
            maxEnd = ownEnd();
            if (left != null) {
                maxEnd = later(maxEnd, left.maxEnd);
            }
            if (right != null) {
                maxEnd = later(maxEnd, right.maxEnd);
            }
        }

        private static @Nullable Bytes later(@Nullable Bytes one, @Nullable Bytes other) {
            if (one == null || other == null) {
                return null;
            }
            return one.compareTo(other) >= 0 ? one : other;
        }
    }

    private final Map<Bytes, T> singles = new HashMap<>();
    private final SplittableRandom random = new SplittableRandom(1);
    private @Nullable Node<T> root;

    @Nullable
    T get(KeyRange range) {
        if (range.isSingle()) {
            return singles.get(range.key());
        }
        Node<T> node = root;
        while (node != null) {
            int order = compare(range, node.range);
            if (order == 0) {
                return node.value;
            }
            node = order < 0 ? node.left : node.right;
        }
        return null;
    }

    /** Adds a range that is not in the index. */
    void add(KeyRange range, T value) {
        if (range.isSingle()) {
            singles.put(range.key(), value);
        } else {
            root = insert(root, new Node<>(range, value, random.nextLong()));
        }
    }

    void remove(KeyRange range) {
        if (range.isSingle()) {
            singles.remove(range.key());
        } else {
            root = delete(root, range);
        }
    }

    void clear() {
        singles.clear();
        root = null;
    }

    /** The height of the tree: the minimal cost of a search. */
    int height() {
        return height(root);
    }

    private static <T> int height(@Nullable Node<T> node) {
        return node == null ? 0 : 1 + Math.max(height(node.left), height(node.right));
    }

    void forEachContaining(Bytes key, Consumer<T> found) {
        T single = singles.get(key);
        if (single != null) {
            found.accept(single);
        }
        visit(root, key, found);
    }

    void forEach(Consumer<T> each) {
        singles.values().forEach(each);
        visitAll(root, each);
    }

    private void visitAll(@Nullable Node<T> node, Consumer<T> each) {
        if (node != null) {
            visitAll(node.left, each);
            each.accept(node.value);
            visitAll(node.right, each);
        }
    }

    private void visit(@Nullable Node<T> node, Bytes key, Consumer<T> found) {
        if (node == null || (node.maxEnd != null && node.maxEnd.compareTo(key) <= 0)) {
            return;
        }
        visit(node.left, key, found);
        if (node.range.key().compareTo(key) <= 0) {
            if (node.range.contains(key)) {
                found.accept(node.value);
            }
            visit(node.right, key, found);
        }
    }

    private static int compare(KeyRange one, KeyRange other) {
        int byKey = one.key().compareTo(other.key());
        return byKey != 0 ? byKey : one.end().compareTo(other.end());
    }

    private Node<T> insert(@Nullable Node<T> node, Node<T> added) {
        if (node == null) {
            return added;
        }
        Node<T> top = node;
        if (compare(added.range, node.range) < 0) {
            Node<T> child = insert(node.left, added);
            node.left = child;
            if (child.priority > node.priority) {
                node.left = child.right;
                child.right = node;
                top = child;
            }
        } else {
            Node<T> child = insert(node.right, added);
            node.right = child;
            if (child.priority > node.priority) {
                node.right = child.left;
                child.left = node;
                top = child;
            }
        }
        node.update();
        top.update();
        return top;
    }

    private @Nullable Node<T> delete(@Nullable Node<T> node, KeyRange range) {
        if (node == null) {
            return null;
        }
        int order = compare(range, node.range);
        if (order < 0) {
            node.left = delete(node.left, range);
        } else if (order > 0) {
            node.right = delete(node.right, range);
        } else {
            return merge(node.left, node.right);
        }
        node.update();
        return node;
    }

    private @Nullable Node<T> merge(@Nullable Node<T> lower, @Nullable Node<T> higher) {
        if (lower == null || higher == null) {
            return lower == null ? higher : lower;
        }
        if (lower.priority > higher.priority) {
            lower.right = merge(lower.right, higher);
            lower.update();
            return lower;
        }
        higher.left = merge(lower, higher.left);
        higher.update();
        return higher;
    }
}
