# fish completion for fleet. Load it with: fleet completion fish | source
# Words go to fleet as they were typed: nothing on the line is evaluated.
function __fleet_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words[1] complete -- $words[2..-1] 2>/dev/null)
    if set -q found[1]
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
# Files are offered where fleet knows of nothing, as other shells do, and not beside its words.
complete -c fleet -f -a '(__fleet_complete)'
