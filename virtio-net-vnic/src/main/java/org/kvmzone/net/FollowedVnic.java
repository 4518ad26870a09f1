package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.KeptNamespace;

/**
 * A VNIC on a link of the kernel's that is followed: whether it runs is told, and when it was
 * deleted and is there again, it is opened again.
 *
 * @param <V> the VNIC's class
 */
final class FollowedVnic<V extends Vnic> implements Vnic {
  private static final Logger LOG = System.getLogger(FollowedVnic.class.getName());

  /**
   * With how many changes a link that is back is tried again: who makes a tap has it open at first.
   */
  private static final int TRIES = 16;

  /**
   * When nobody is in the one before any more, whose turn began with it: until then its descriptors
   * have to be open, or their numbers could be those of other files.
   */
  private static final Executor LATER =
      CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS, Runnable::run);

  private final String link;
  private final String below;
  private final Supplier<V> opener;
  private final KeptNamespace namespace = KeptNamespace.current();
  private final Rtnetlink kernel = new Rtnetlink();
  private final List<List<Relay>> sources = new ArrayList<>(); // of each queue
  private final LinkWatch watch;
  private volatile V current;
  private volatile Offloads guest = new Offloads(0); // as it was negotiated last

  // Guarded by this.
  private Consumer<Boolean> told = _ -> {};
  private int index; // of the link that is open
  private int belowIndex; // of what was below it when it was opened, or could not be
  private boolean running = true;
  private boolean gone;
  private int tries; // left
  private String refusal = ""; // of the last try
  private boolean closed;

  /**
   * Opens a VNIC, and follows its link.
   *
   * @param link its name, in the namespace of the calling thread
   * @param below the link that it is made over, and with which it goes; itself, if over none
   * @param opener opens it, the first time and whenever it is there again
   */
  FollowedVnic(String link, String below, int queues, Supplier<V> opener) {
    this.link = link;
    this.below = below;
    this.opener = opener;
    current = opener.get();
    for (int i = 0; i < queues; i++) {
      sources.add(current.sources(i).stream().map(Relay::new).toList());
    }
    index = index(link);
    belowIndex = index(below);
    watch = new LinkWatch(this::changed);
    watch.start();
  }

  /** The one that is open; when its link is gone, that which was. */
  V current() {
    return current;
  }

  @Override
  public Offloads offloads() {
    return current.offloads(); // the kernel's: the same whenever it is opened
  }

  @Override
  public void negotiated(Offloads now) {
    guest = now; // first: whoever has just opened another looks at it afterwards
    current.negotiated(now);
  }

  @Override
  public int send(int queue, FrameBatch batch) {
    return current.send(queue, batch);
  }

  @Override
  public List<EventSource> sources(int queue) {
    return List.copyOf(sources.get(queue));
  }

  @Override
  public synchronized void onLink(Consumer<Boolean> who) {
    told = who;
    running = true; // as long as nothing else was said
    changed();
  }

  @Override
  public void addTo(Map<String, Long> sums) {
    current.addTo(sums);
  }

  /** Some link has changed, this one maybe. */
  private synchronized void changed() {
    if (closed) {
      return;
    }
    Optional<Rtnetlink.Link> now = kernel.find(link);
    if (now.isEmpty() && !gone) {
      gone = true;
      LOG.log(Level.WARNING, "link " + link + " is gone, and counts as down until it is back");
    }
    boolean another = now.isPresent() && now.get().index() != index;
    boolean makeable = now.isEmpty() && index(below) != 0 && index(below) != belowIndex;
    boolean again = now.isPresent() && gone && tries > 0;
    if (another || makeable || again) {
      tries = again && !another ? tries - 1 : TRIES;
      reopen();
      now = kernel.find(link).filter(found -> found.index() == index);
    }
    tell(now.isPresent() && !gone && now.get().running());
  }

  private int index(String name) {
    return kernel.find(name).map(Rtnetlink.Link::index).orElse(0);
  }

  private void reopen() {
    try {
      V next = namespace.call(opener);
      V old = current;
      current = next;
      next.negotiated(guest);
      for (int i = 0; i < sources.size(); i++) {
        List<EventSource> its = next.sources(i);
        for (int j = 0; j < its.size(); j++) {
          sources.get(i).get(j).become(its.get(j));
        }
      }
      LATER.execute(old::close);
      gone = false;
      refusal = "";
      LOG.log(Level.INFO, "link " + link + " is back");
    } catch (RuntimeException e) {
      gone = true;
      String why = String.valueOf(e.getMessage());
      if (!why.equals(refusal)) {
        refusal = why; // once, not with each change
        LOG.log(Level.WARNING, "link " + link + " is back, but cannot be used: " + why);
      }
    }
    index = index(link);
    belowIndex = index(below);
  }

  private void tell(boolean up) {
    if (up != running) {
      running = up;
      told.accept(up);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    watch.close();
    current.close();
    kernel.close();
    namespace.close();
  }
}
