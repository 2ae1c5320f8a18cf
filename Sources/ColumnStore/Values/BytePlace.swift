internal import CLinux

/// Finds a byte string in another in linear time, whatever they are: about a nanosecond a byte, where a way that guesses is faster for most.
public enum BytePlace {
    /// The place at which `wanted` first stands; nil without one.
    ///
    /// - Complexity: O(text + wanted), in constant memory.
    public static func first(of wanted: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let base = text.baseAddress, let found = till_find(base, text.count, wanted.baseAddress, wanted.count) else { return nil }
        return found - UnsafeRawPointer(base)
    }
}
