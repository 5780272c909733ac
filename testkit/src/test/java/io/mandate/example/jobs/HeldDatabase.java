package io.mandate.example.jobs;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A database whose client can be made to stand still at one call of a connection, as a long garbage collection or a
 * slow network does.
 */
final class HeldDatabase {
    private final DataSource inner;
    private final Queue<Hold> holds = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable Hold> armed = new AtomicReference<>();

    HeldDatabase(DataSource inner) {
        this.inner = inner;
    }

    /** One call that stands still, of whichever connection makes it first. */
    static final class Hold {
        private final String method;
        private final CompletableFuture<Void> reached = new CompletableFuture<>();
        private final CompletableFuture<Void> released = new CompletableFuture<>();

        private Hold(String method) {
            this.method = method;
        }

        CompletableFuture<Void> reached() {
            return reached;
        }

        void release() {
            released.complete(null);
        }
    }

    void releaseAll() {
        holds.forEach(Hold::release);
    }

    /** The next call of this method. */
    Hold hold(String method) {
        Hold hold = new Hold(method);
        holds.add(hold);
        armed.set(hold);
        return hold;
    }

    DataSource dataSource() {
        return proxy(DataSource.class, (proxy, method, arguments) -> {
            Object result = invoke(inner, method, arguments);
            return result instanceof Connection connection ? held(connection) : result;
        });
    }

    private Connection held(Connection connection) {
        return proxy(Connection.class, (proxy, method, arguments) -> {
            Hold hold = armed.get();
            if (hold != null && hold.method.equals(method.getName()) && armed.compareAndSet(hold, null)) {
                hold.reached.complete(null);
                // Who stands still does not hear an interruption.
                hold.released.join();
            }
            return invoke(connection, method, arguments);
        });
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static @Nullable Object invoke(Object target, Method method, Object @Nullable [] arguments)
            throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException failure) {
            throw failure.getCause();
        }
    }
}
