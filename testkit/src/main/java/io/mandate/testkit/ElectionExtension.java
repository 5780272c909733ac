package io.mandate.testkit;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a store in memory: a parameter of the type {@link MandateStore} is a store for several processes, one of
 * the type {@link PausableStore} is a connection to it. Each test has a store of its own, which is closed when the test
 * is over.
 *
 * <pre>{@code
 * @ExtendWith(ElectionExtension.class)
 * class InvoicesTest {
 *     @Test
 *     void aPausedLeaderWritesNothing(MandateStore store) throws Exception {
 *         PausableStore first = store.connect();
 *         try (Election one = Election.on(first).name("billing").ttl(Duration.ofMillis(500)).join();
 *                 Election two = Election.on(store.connect()).name("billing").ttl(Duration.ofMillis(500)).join()) {
 *             Leadership old = one.lead().get(10, SECONDS);
 *             first.pause();
 *             Leadership next = two.lead().get(10, SECONDS);
 *             invoices.write(next.term(), "2026-11");
 *             assertThrows(StaleTokenException.class, () -> invoices.write(old.term(), "2026-10"));
 *             next.close();
 *             first.resume();
 *             old.close();
 *         }
 *     }
 * }
 * }</pre>
 */
public final class ElectionExtension implements ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(ElectionExtension.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
        Class<?> type = parameter.getParameter().getType();
        return type == MandateStore.class || type == PausableStore.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
        ExtensionContext.Store kept = test.getStore(NAMESPACE);
        MandateStore store = kept.get(MandateStore.class, MandateStore.class);
        if (store == null) {
            store = new MandateStore();
            // Closed with the test's context, as whatever is kept there and can be.
            kept.put(MandateStore.class, store);
        }
        return parameter.getParameter().getType() == MandateStore.class ? store : store.connect();
    }
}
