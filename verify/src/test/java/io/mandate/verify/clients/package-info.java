@NullMarked
package io.mandate.verify.clients;

import org.jspecify.annotations.NullMarked;
