/// The version of the program, and of the API that it speaks.
package enum TillVersion {
    package static let text = "0.1.0"
}
