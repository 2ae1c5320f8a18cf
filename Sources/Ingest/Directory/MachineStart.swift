/// Which start of the machine this is, as Linux says: clocks that nobody sets count from there, and what was written before it may not have come to the disk.
enum MachineStart {
    /// Empty where nobody knows.
    static var id: String { DataDirectory.text("/proc/sys/kernel/random/boot_id")?.split(separator: "\n").first.map(String.init) ?? "" }
    /// Of what is held against the steady clock that counts the time in which the machine slept; versions of before held it against one that does not, and theirs says nothing. Empty where nobody knows.
    static var clock: String { id.isEmpty ? "" : id + "+sleep" }
}
