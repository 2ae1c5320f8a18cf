/// What is wrong, and in which file.
package struct Finding: Sendable, CustomStringConvertible {
    package let path: String
    package let fault: String
    package init(path: String, fault: String) { (self.path, self.fault) = (path, fault) }
    package var description: String { "\(path): \(fault)" }
}
