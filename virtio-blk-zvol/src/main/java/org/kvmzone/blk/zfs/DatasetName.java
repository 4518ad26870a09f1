package org.kvmzone.blk.zfs;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The name of a dataset: a volume {@code pool/vol}, a snapshot {@code pool/vol@snap} or a bookmark
 * {@code pool/vol#mark}, by the rules of zfs(8) and {@code zfs_namecheck.c}.
 *
 * @param path what stands before {@code @} or {@code #}: the pool and the components below it
 * @param kind what the name is that of
 * @param leaf what stands behind {@code @} or {@code #}; empty if there is neither
 */
public record DatasetName(String path, Kind kind, String leaf) {
  /** What a name can be that of. */
  public enum Kind {
    VOLUME("a volume, as in POOL/VOL", ""),
    SNAPSHOT("a snapshot, as in POOL/VOL@SNAP", "@"),
    BOOKMARK("a bookmark, as in POOL/VOL#MARK", "#");

    private final String wanted;
    private final String mark;

    Kind(String wanted, String mark) {
      this.wanted = wanted;
      this.mark = mark;
    }
  }

  /** ZFS_MAX_DATASET_NAME_LEN, less the final zero. */
  private static final int LONGEST = 255;

  /** ZFS_MAX_DATASET_NESTING's default: how many components there can be. */
  private static final int DEEPEST = 50;

  private static final Pattern COMPONENT = Pattern.compile("[-A-Za-z0-9_.: ]+");
  private static final Pattern POOL = Pattern.compile("[A-Za-z][-A-Za-z0-9_.: ]*");

  /**
   * Reads the name of a volume, of a snapshot or of a bookmark.
   *
   * @throws ZfsException if ZFS would not take it
   */
  public static DatasetName parse(String text) {
    int mark = firstMark(text);
    String path = mark < 0 ? text : text.substring(0, mark);
    String leaf = mark < 0 ? "" : text.substring(mark + 1);
    Kind kind = mark < 0 ? Kind.VOLUME : text.charAt(mark) == '@' ? Kind.SNAPSHOT : Kind.BOOKMARK;
    if (text.getBytes(StandardCharsets.UTF_8).length > LONGEST) {
      throw bad(text, "is too long: at most " + LONGEST + " characters");
    }
    checkPath(text, path);
    if (mark >= 0) {
      checkLeaf(text, leaf);
    }
    return new DatasetName(path, kind, leaf);
  }

  /**
   * Reads the name of something of this kind.
   *
   * @throws ZfsException if it is none
   */
  public static DatasetName parse(String text, Kind wanted) {
    DatasetName name = parse(text);
    if (name.kind != wanted) {
      throw bad(text, "is not the name of " + wanted.wanted);
    }
    return name;
  }

  /** Reads the name of a volume. */
  public static DatasetName volume(String text) {
    return parse(text, Kind.VOLUME);
  }

  /** Reads the name of a snapshot. */
  public static DatasetName snapshot(String text) {
    return parse(text, Kind.SNAPSHOT);
  }

  /**
   * Checks the name of a pool.
   *
   * @throws ZfsException if ZFS would not take it
   */
  public static String pool(String text) {
    if (text.length() > LONGEST || !POOL.matcher(text).matches()) {
      throw bad(text, "is not the name of a pool: a letter, then letters, digits, - _ . :");
    }
    return text;
  }

  private static int firstMark(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '@' || text.charAt(i) == '#') {
        return i;
      }
    }
    return -1;
  }

  private static void checkPath(String text, String path) {
    List<String> components = List.of(path.split("/", -1));
    if (path.startsWith("/")) {
      throw bad(text, "begins with a slash: datasets are named as in POOL/VOL, without /dev/zvol");
    }
    if (components.size() < 2) {
      throw bad(text, "names no volume: one is called POOL/VOL");
    }
    if (components.size() > DEEPEST) {
      throw bad(text, "is nested too deeply: at most " + DEEPEST + " components");
    }
    for (String component : components) {
      checkComponent(text, component);
    }
    if (!POOL.matcher(components.getFirst()).matches()) {
      throw bad(text, "is in no pool: a pool's name begins with a letter");
    }
  }

  private static void checkLeaf(String text, String leaf) {
    if (firstMark(leaf) >= 0) {
      throw bad(text, "has more than one @ or #");
    }
    if (leaf.contains("/")) {
      throw bad(text, "has a slash behind its @ or #");
    }
    checkComponent(text, leaf);
  }

  private static void checkComponent(String text, String component) {
    if (component.isEmpty()) {
      throw bad(text, "has an empty component");
    }
    if (component.equals(".") || component.equals("..")) {
      throw bad(text, "has a component that is . or ..");
    }
    if (!COMPONENT.matcher(component).matches()) {
      int wrong =
          component
              .codePoints()
              .filter(c -> !COMPONENT.matcher(Character.toString(c)).matches())
              .findFirst()
              .orElseThrow();
      throw bad(
          text, "has a character that ZFS does not take: '" + Character.toString(wrong) + "'");
    }
  }

  private static ZfsException bad(String text, String why) {
    return ZfsException.usage("'" + text + "' " + why);
  }

  /** The pool that it is in. */
  public String pool() {
    return path.substring(0, path.indexOf('/'));
  }

  /** The dataset that a snapshot or bookmark is of; a volume itself. */
  public DatasetName volume() {
    return new DatasetName(path, Kind.VOLUME, "");
  }

  /**
   * A snapshot of this volume.
   *
   * @throws ZfsException if it cannot be called so
   */
  public DatasetName at(String snapshot) {
    return snapshot(path + "@" + snapshot);
  }

  /** Whether it is a volume's. */
  public boolean isVolume() {
    return kind == Kind.VOLUME;
  }

  /** Whether it is a snapshot's. */
  public boolean isSnapshot() {
    return kind == Kind.SNAPSHOT;
  }

  @Override
  public String toString() {
    return path + kind.mark + leaf;
  }
}
