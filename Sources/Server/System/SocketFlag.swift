/// Flags of `send` and `recv` on Linux, as `<bits/socket.h>` has it. Where only some files of a module are compiled anew, Swift does not find the names of there: more than one C module has that header.
enum SocketFlag {
    /// A peer that has gone is an error, and no signal that ends the process.
    static let noSignal: Int32 = 0x4000
    static let dontWait: Int32 = 0x40
    static let peek: Int32 = 0x02
}
