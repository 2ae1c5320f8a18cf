/// Which start of the machine this is, as Linux says: clocks that nobody sets count from there, and what was written before it may not have come to the disk.
enum MachineStart {
    /// Empty where nobody knows.
    static var id: String { DataDirectory.text("/proc/sys/kernel/random/boot_id")?.split(separator: "\n").first.map(String.init) ?? "" }
}
