/* Runs the functions that the static library exports. HEAP is defined if it was built with an allocator. */
#include <stdio.h>

int strategies_without_a_heap(void);
int runner_on_a_heap(void);

/* The prebuilt core refers to this symbol; nothing unwinds here. */
void rust_eh_personality(void) {}

int main(void) {
    int failed = strategies_without_a_heap();
    printf("strategies without a heap: %d\n", failed);
#ifdef HEAP
    int runner = runner_on_a_heap();
    printf("runner on a heap: %d\n", runner);
    failed |= runner;
#endif
    return failed;
}
