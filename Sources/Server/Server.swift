/// The `till` command line.
public enum TillCommand {
    public static func run(_ arguments: [String]) -> Int32 { 0 }
}
