#ifndef TILL_MAPFAULTS_H
#define TILL_MAPFAULTS_H

/* What becomes of a page of a mapped SQLite file that the system cannot read: the disk does not give it, or the file was cut. The system answers such a read with SIGBUS,
   which ends a process. From the first call of `till_map_faults_take` on, the page reads as zeros, in that map alone, and is counted for the thread that asked.

   Taken so are pages of maps that are only read and shared, of files whose name has ".sqlite" in it, and no "-" behind: as SQLite maps what it reads. Every other SIGBUS does what it did before. */

/* 0, or the system's number of the error. To be called once. */
int till_map_faults_take(void);

/* Pages that the calling thread has asked for in vain since it began. */
unsigned long till_map_faults(void);

#endif
